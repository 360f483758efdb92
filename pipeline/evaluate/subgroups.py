"""To come."""


def all_of(data, protocol):
    return {}
