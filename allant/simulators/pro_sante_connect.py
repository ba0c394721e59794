"""Pro Santé Connect: health professionals, by card or e-CPS."""

from allant.simulators.provider import serve

if __name__ == "__main__":
    serve("pro_sante_connect", 9402)
