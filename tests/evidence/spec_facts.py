"""Every fact of the five sources, listed by hand: what the evidence is held against."""


def numbered(prefix: str, last: int) -> tuple[str, ...]:
    return tuple(f"{prefix}-{number}" for number in range(1, last + 1))


HAO = (
    *("HAO-ID-1", "HAO-PRE-1", "HAO-DEM", "HAO-SITE", "HAO-OPS", "HAO-CX", "HAO-SURV"),
    *(*numbered("HAO-INC", 4), *numbered("HAO-EXC", 4), *numbered("HAO-PROC", 2)),
)
CHEN = (
    *(*numbered("CHEN-INC", 5), *numbered("CHEN-EXC", 4), *numbered("CHEN-PROC", 2)),
    *("CHEN-IMG-1", "CHEN-TEMP-1", "CHEN-CEM-1", "CHEN-DESTR", "CHEN-LVL", "CHEN-FILL", "CHEN-LEAK"),
    *("CHEN-NEURO", "CHEN-LC-1", "CHEN-FU", "CHEN-CTV-1", "CHEN-BG", "CHEN-CMP-1"),
)
MSTS = ("MSTS-EXP-1", "MSTS-PRO", "MSTS-CON", "MSTS-REV", *numbered("MSTS", 14))
XU = (
    *(*numbered("XU-INC", 7), *numbered("XU-EXC", 5), *numbered("XU-REL", 3)),
    *(*numbered("XU-TECH", 4), *numbered("XU-CASE", 3)),
    *("XU-PROC", "XU-RES", "XU-FX", "XU-LEAK", "XU-PAIN-1", "XU-TIME-1", "XU-DENO-1", "XU-BIO", "XU-LIT"),
)
TAD = (
    *(*numbered("TAD-IMG", 3), *numbered("TAD-RT", 2), *numbered("TAD-ABL", 7), *numbered("TAD-ACE", 2)),
    *("TAD-DIST", "TAD-STM", "TAD-SRE", "TAD-SURG-1", "TAD-SINS", "TAD-NOMS", "TAD-MIR", "TAD-VA-1"),
    *("TAD-PLAN-1", "TAD-MM-1", "TAD-PEL-1", "TAD-ENN-1", "TAD-FEM-1", "TAD-OUT-1", "TAD-CX"),
)
PROCEDURES = ("AUG-MON-1", *numbered("AUG-TECH-OB", 4), *numbered("FU", 3), "CX-GRADE", "PRE-ANES", "SUR-CTX")
FRACTURE = numbered("VCF", 8)
FACTS = (*HAO, *CHEN, *MSTS, *XU, *TAD, *PROCEDURES, *FRACTURE)
CONFLICTS = tuple(f"INC-{number}" for number in range(52))

# Median and range, or mean and standard deviation, at each time, as the sources print them.
CHEN_TIMES = ("before", "3 days", "1 week", "1 month", "3 months", "6 months")
RANGES = {
    "chen-vas": ((6, 4, 10), (5, 3, 8), (4, 2, 7), (3, 1, 6), (3, 1, 6), (3, 1, 8)),
    "chen-odi": ((50, 18, 92), (35, 10, 85), (25, 9, 55), (25, 2, 64), (23, 3, 56), (22, 4, 80)),
    "chen-morphine": (
        *((77.8, 15, 143), (34.5, 0, 88), (28.7, 0, 73)),
        *((24.6, 0, 70), (21.7, 0, 42), (21.0, 0, 46)),
    ),
}
SPREADS = {
    "chen-morphine": ((77.8, 31.5), (34.5, 23.8), (28.7, 16.4), (24.6, 13.2), (21.7, 10.0), (21.0, 9.9)),
    "xu-vas": ((4.3, 2.4), (3.0, 1.7), (2.4, 2.0)),
    "xu-bm22": ((49.1, 12.3), (42.4, 9.5), (39.6, 10.4)),
    "xu-tian-vas": ((7.4, 1.1), (2.5, 0.9), (2.1, 1.1), (2.0, 1.1)),
    "xu-chen-2011-vas": ((8.5, 0.6), (1.5, 0.6)),
    "msts-levy-worst-pain": ((8.2, 1.7), (3.5, 3.2)),
    "msts-pellerin-vas": ((7, 1.4), (3, 1.5), (2, 1.5)),
}
VALUES = {
    "hao-bm22": (52.36, 42.12, 42.68, 37.81, 37.50),
    "hao-eq5d": (0.38, 0.56, 0.53, 0.50, 0.44),
    "msts-lee-vas": (8.32, 2.36),
    "msts-lee-function": (45, 68),
    "msts-english-function": (7.8, 19.6),
    "msts-tomasian-2020-pain": (8, 4, 3, 3, 3),
    "msts-tanigawa-response": (61, 9, 30),
    "msts-de-marini-minor": (11, 6, 33, 3),
    "chen-pusceddu-vas": (84, 90, 90),
    "chen-pain-reduced": (78, 80, 84, 84, 78),
    "sahgal-cumulative": (12.35, 13.49),
    "fracture-cohorts": (39, 20, 11, 36, 5.7),
    "fracture-2023": (7.7, 2.4),
}
# Patients, tumours, mean size, pain before, after, with less pain, follow-up, major complications.
TAD_PAIN = {
    "Goetz": (43, 43, 6.3, 7.9, 1.4, 41, 6, 3),
    "Dupuy": (55, 55, 5.2, None, None, None, 3, 3),
    "Wallace": (72, 110, None, 8.0, 2.9, 45, 1, 4),
    "Callstrom": (61, 69, 4.8, 7.1, 1.4, 42, 6, 1),
    "Prologo": (50, 54, None, 8, 3, 47, 3, 4),
    "Tomasian": (14, 31, None, 8, 3, 14, 10, 2),
    "Pusceddu": (18, 21, 5.3, 5.6, 0.5, 17, 3, 0),
    "Kastler": (15, 25, 4.7, 7.2, 1.8, 14, 6, 1),
}
# Patients, tumours, mean size, controlled, printed percentage, follow-up, major complications.
TAD_CONTROL = {
    "Bang, lung": (8, 18, 3.1, 17, "94", 11, 2),
    "Bang, kidney": (27, 48, 3.7, 47, "97", 16, 1),
    "McMenomy": (40, 52, 2.0, 45, "87", 21, 2),
    "Littrup": (126, 251, 3.3, 225, "90", 11, 5),
    "Deschamps": (89, 122, None, None, "67", 22.8, 11),
    "Welch": (None, 46, None, 43, "93", 22.5, 0),
    "Aubry": (13, 16, 5.5, 4, "36", 12, 0),
    "Wallace": (None, 55, None, None, "70", 7.9, 0),
    "Tomasian": (14, 31, None, 30, "97", 10, 0),
    "Erie": (16, 18, 1.6, 15, "83", 27, 0),
}
TAD_SURVIVAL = {
    "McMenomy": (("91", 1), ("84", 2)),
    "Deschamps": (("91", 1),),
    "Erie": (("100", 2),),
}
# Hazard ratio with its interval.
HAZARDS = {
    "VCF-1": (6.92, 1.38, 34.77),
    "VCF-2": (8.98, 4.48, 18.00),
    "VCF-3": (4.46, 2.08, 9.57),
    "VCF-4": (5.25, 2.29, 12.01),
    "VCF-5": (4.91, 1.96, 12.28),
    "VCF-6": (2.99, 1.57, 5.70),
    "VCF-7": (3.53, 1.58, 7.93),
}
