"""Personal data as it may be shown: enough to recognise a person, not enough to copy one."""

_STAR = "*"


def mask_id_number(number: str) -> str:
    """A citizen or member number with its middle starred: "3706**********001X".

    The first and last four characters stay; of a number shorter than twelve only the last two.
    """
    if len(number) < 12:
        return _STAR * max(0, len(number) - 2) + number[-2:] if len(number) > 2 else _STAR * len(number)
    return number[:4] + _STAR * (len(number) - 8) + number[-4:]


def mask_name(name: str) -> str:
    """A name with all but its first character starred: "张**"."""
    return name[:1] + _STAR * (len(name) - 1)
