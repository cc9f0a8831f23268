"""What is wrong with the environment, in lines that name each setting and repeat nothing of it."""

from pydantic import ValidationError
from pydantic_settings import SettingsError


def faults_of(error: ValidationError | SettingsError) -> list[str]:
    """One line for each fault."""
    if isinstance(error, SettingsError):
        setting = str(error).partition('"')[2].partition('"')[0].upper()
        return [f"SPINE_METS_{setting}: the value is not valid JSON"]
    lines = []
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        # What stands in a list has its place after the name of the setting.
        setting = "_".join(part for part in fault["loc"] if isinstance(part, str)).upper()
        place = f"SPINE_METS_{setting}: " if setting else ""
        lines.append(f"{place}{fault['msg'].removeprefix('Value error, ')}")
    return lines
