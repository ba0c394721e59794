"""The agency's sign-in: agents of the funds, of the medical service, of the State platform."""

from allant.simulators.provider import serve

if __name__ == "__main__":
    serve("agency", 9401)
