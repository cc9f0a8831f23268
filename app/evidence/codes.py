"""The fixed codes by which evidence is filed: technique, outcome, site."""

from enum import StrEnum


class Technique(StrEnum):
    """What was done, in the codes that orders use."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "kyphoplasty"
    CEMENTOPLASTY = "cementoplasty"
    RADIOFREQUENCY = "radiofrequency-ablation"
    MICROWAVE = "microwave-ablation"
    CRYOABLATION = "cryoablation"
    LASER = "laser-ablation"
    FOCUSED_ULTRASOUND = "focused-ultrasound"
    ALCOHOL = "alcohol-ablation"
    EMBOLISATION = "embolisation"
    CONVENTIONAL_RADIOTHERAPY = "conventional-radiotherapy"
    STEREOTACTIC_RADIOTHERAPY = "stereotactic-radiotherapy"
    DECOMPRESSION = "spinal-decompression"
    STABILISATION = "spinal-stabilisation"
    PROPHYLACTIC_FIXATION = "prophylactic-fixation"


class Outcome(StrEnum):
    """What was measured; the last ones say how a study was done and in whom."""

    PAIN = "pain"
    DISABILITY = "disability"
    FUNCTION = "function"
    QUALITY_OF_LIFE = "quality-of-life"
    UTILITY = "utility"
    OPIOID_DOSE = "opioid-dose"
    LOCAL_CONTROL = "local-control"
    TECHNICAL_SUCCESS = "technical-success"
    COMPLICATION = "complication"
    CEMENT_LEAKAGE = "cement-leakage"
    NEURAL_INJURY = "neural-injury"
    FRACTURE = "fracture"
    SURVIVAL = "survival"
    PROCEDURE = "procedure"
    SELECTION = "selection"
    POPULATION = "population"
    IMAGING = "imaging"


class Site(StrEnum):
    """Where; ``bone`` is bone anywhere, or several sites together."""

    SPINE = "spine"
    SACRUM = "sacrum"
    PELVIS = "pelvis"
    ACETABULUM = "acetabulum"
    FEMUR = "femur"
    LIMB = "limb"
    RIB = "rib"
    BONE = "bone"
    SOFT_TISSUE = "soft-tissue"


class Statistic(StrEnum):
    """What the value at one point is."""

    MEDIAN = "median"
    MEDIAN_RANGE = "median-range"
    MEAN = "mean"
    MEAN_SD = "mean-sd"
    MEDIAN_SD = "median-sd"
    VALUE = "value"
    COUNT = "count"
    RANGE = "range"


class ConflictStatus(StrEnum):
    """What is done about a conflict."""

    REJECTED = "rejected"
    BOTH_KEPT = "both-kept"
    RECOMPUTED = "recomputed"
    DESCRIPTIVE = "descriptive"
