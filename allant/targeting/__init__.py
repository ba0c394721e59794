"""Populations of persons as a language: model, engines, why."""
