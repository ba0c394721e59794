"""The sign-in of partner organisations."""

from allant.simulators.provider import serve

if __name__ == "__main__":
    serve("partners", 9403)
