"""The official series beside ours. Shown in the column marked official, read by nothing else (a test holds it)."""

from django.db import models


class Official(models.Model):
    """One official value: cumulated persons of a measure, on a day, in an age class (`0`: everybody)."""

    day = models.DateField("jour")
    age_class = models.CharField("classe d'âge", max_length=2)
    measure = models.CharField("mesure", max_length=10)  # column suffix of the official file: dose1, complet, rappel
    cumulated = models.BigIntegerField("cumul")

    allant_kind = "mutable"  # replaced as a whole by a newer series

    class Meta:
        verbose_name = "valeur officielle"
        verbose_name_plural = "valeurs officielles"
        ordering = ("day", "age_class", "measure")
        constraints = [
            models.UniqueConstraint(fields=["day", "age_class", "measure"], name="figures_official_once"),
            models.CheckConstraint(condition=models.Q(cumulated__gte=0), name="figures_official_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.age_class} {self.measure} : {self.cumulated}"
