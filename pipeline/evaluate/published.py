"""To come."""


def comparison(made, protocol):
    return {}
