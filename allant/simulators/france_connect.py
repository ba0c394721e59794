"""FranceConnect: insured persons."""

from allant.simulators.provider import serve

if __name__ == "__main__":
    serve("france_connect", 9404, signed_userinfo=True)
