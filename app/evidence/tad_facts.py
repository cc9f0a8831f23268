"""What the slides of 2018 teach beside the outcome tables (TAD)."""

from functools import partial

from app.evidence.codes import Outcome, Site, Technique
from app.evidence.disputed_across import disputed
from app.evidence.item import Item, Statement
from app.evidence.sources import TAD

_RADIOTHERAPY = (Technique.CONVENTIONAL_RADIOTHERAPY, Technique.STEREOTACTIC_RADIOTHERAPY)
_AUGMENTATION = (Technique.VERTEBROPLASTY, Technique.KYPHOPLASTY)
_ABLATION = (
    *(Technique.RADIOFREQUENCY, Technique.MICROWAVE, Technique.CRYOABLATION),
    *(Technique.LASER, Technique.FOCUSED_ULTRASOUND, Technique.ALCOHOL),
)
_PELVIS = (Site.PELVIS, Site.ACETABULUM, Site.SACRUM)
_fact = partial(Statement, publication=TAD, population="metastases of bone, as the slides teach")
_spine = partial(_fact, sites=(Site.SPINE,))
_bone = partial(_fact, sites=(Site.BONE, Site.SPINE))
ITEMS: tuple[Item, ...] = (
    _bone(
        code="tad-distribution",
        facts=("TAD-DIST",),
        title="Where metastases are, and of which kind",
        techniques=(),
        outcome=Outcome.POPULATION,
        place="pathophysiology; common sites",
        text="Spine: lumbar 52%, thoracic 36%, cervical 12%. Lytic: lung, kidney, thyroid, most squamous, "
        "melanoma, liver, colon, bladder. Mixed: lung, breast, cervix, bladder, testis, gut. Blastic: "
        "prostate, breast, carcinoid.",
        notes=("some tumours stand in two lists: histology never stands for the look of a lesion",),
        disputes=disputed(39),
    ),
    _bone(
        code="tad-sclerotic-lesion",
        facts=("TAD-IMG-1",),
        title="Sclerotic lesions on imaging",
        techniques=(),
        outcome=Outcome.IMAGING,
        place="imaging pearls, sclerotic lesion",
        text="For a metastasis: mean attenuation below 885 HU, uneven, a halo of oedema (99% specific). For "
        "a bone island: spicules, less than 50% growth in a year, normal marrow; it can be hot. A planar "
        "bone scan settles neither.",
        notes=("later work did not confirm the threshold in biopsied lesions: information only",),
    ),
    _bone(
        code="tad-lytic-lesion",
        facts=("TAD-IMG-2",),
        title="Lytic lesions on imaging",
        techniques=(),
        outcome=Outcome.IMAGING,
        place="imaging pearls, lytic lesion",
        text="No symptoms, a quiet sclerotic margin and no treated cancer together: nothing more. "
        "Otherwise unclear: MRI, where fat means benign in 99.5%.",
        notes=("never concluded of a patient with a cancer on record",),
    ),
    _bone(
        code="tad-focal-marrow",
        facts=("TAD-IMG-3",),
        title="Focal marrow on imaging",
        techniques=(),
        outcome=Outcome.IMAGING,
        place="imaging pearls, focal marrow abnormality",
        text="Red marrow is brighter on T1 than muscle or disc and loses signal out of phase. Without fat, "
        "large or microscopic, 6% are malignant (lung, breast, myeloma, lymphoma). FDG PET/CT is 95% "
        "sensitive for metastasis and lymphoma.",
    ),
    _fact(
        code="tad-soft-tissue",
        facts=("TAD-STM",),
        title="Soft-tissue metastases",
        techniques=(),
        outcome=Outcome.POPULATION,
        sites=(Site.SOFT_TISSUE,),
        place="soft-tissue metastases",
        text="1.3% of soft-tissue masses; about half are the first sign of the cancer. Large, painful, deep "
        "to the fascia; from lung, skin, kidney.",
    ),
    _bone(
        code="tad-skeletal-events",
        facts=("TAD-SRE",),
        title="Skeletal events and pain",
        techniques=(),
        outcome=Outcome.PAIN,
        place="clinical features; pain",
        text="A skeletal event every 3-6 months, in clusters when the disease advances. Pain is treated too "
        "little in 56-82%.",
    ),
    _spine(
        code="tad-early-surgery",
        facts=("TAD-SURG-1",),
        title="When a surgeon looks early",
        techniques=(Technique.DECOMPRESSION, Technique.STABILISATION),
        outcome=Outcome.SELECTION,
        place="spinal metastases, structural assessment",
        text="Aggressive disease of several levels or columns; marked deformity; encroached canal; bowel or "
        "bladder disturbed; weak legs or lost feeling. Imaging: MRI first, CT for cortex and small "
        "displacement, SPECT/CT in myeloma.",
    ),
    _bone(
        code="tad-radiotherapy-relief",
        facts=("TAD-RT-1",),
        title="Relief from radiotherapy",
        techniques=_RADIOTHERAPY,
        outcome=Outcome.PAIN,
        place="radiation, both slides",
        text="Some relief in 70-80%, complete in 30%, after weeks; back in 57% at a median of 15 weeks. "
        "Conventional: 11 months in radiosensitive tumours (lymphoma, myeloma, prostate, breast), 3 in "
        "resistant ones; by stereotactic treatment nearly all are sensitive.",
    ),
    _spine(
        code="tad-radiotherapy-fracture",
        facts=("TAD-RT-2",),
        title="Fracture after radiotherapy",
        techniques=_RADIOTHERAPY,
        outcome=Outcome.FRACTURE,
        place="radiation and fracture risk; radiation",
        text="15-40% on one slide; on another up to 40% after stereotactic, below 5% after conventional "
        "treatment. Weeks later; very lytic lesions and a raised SINS. Augmentation beforehand has no "
        "level-1 evidence.",
        disputes=disputed(34),
    ),
    _spine(
        code="tad-augmentation",
        facts=("TAD-VA-1",),
        title="For whom augmentation is",
        techniques=_AUGMENTATION,
        outcome=Outcome.SELECTION,
        place="vertebral augmentation; spine ablation",
        text="Patients who neither need nor could stand decompression or fixation; after ablation, cement "
        "in all lytic and partly lytic lesions. Also at screw levels against pull-out and at the level above "
        "against failure of the junction; fractures may gain even after a year.",
        disputes=disputed(40),
    ),
    _bone(
        code="tad-safe-distance",
        facts=("TAD-ABL-1",),
        title="Distance and temperature",
        techniques=_ABLATION,
        outcome=Outcome.NEURAL_INJURY,
        place="thermal ablation, margins",
        text="More than 1 cm to skin or nerve is safe. Nerves suffer above 45 °C and below 10 °C. Closer: "
        "thermocouples; EEG or EMG; insulation by 5% dextrose or CO₂; warm saline or ice packs; heat or "
        "cold sinks.",
        disputes=disputed(18, 45),
    ),
    _spine(
        code="tad-ablation-intent",
        facts=("TAD-ABL-2",),
        title="Cure or relief",
        techniques=_ABLATION,
        outcome=Outcome.LOCAL_CONTROL,
        place="spine ablation",
        text="Cure in 67% at 1 year, in small lesions with little cortex or posterior elements lost. For "
        "pain the border of bone and tumour is the target. Nearby nerves and an uncertain zone limit it.",
    ),
    _spine(
        code="tad-alcohol",
        facts=("TAD-ABL-3",),
        title="Alcohol",
        techniques=(Technique.ALCOHOL,),
        outcome=Outcome.PROCEDURE,
        place="chemical ablation",
        text="First choice in vertebral haemangioma, where flowing blood cools heat away; test injection "
        "first; extent unforeseeable.",
    ),
    _bone(
        code="tad-radiofrequency",
        facts=("TAD-ABL-4",),
        title="Radiofrequency ablation",
        techniques=(Technique.RADIOFREQUENCY, Technique.EMBOLISATION),
        outcome=Outcome.PROCEDURE,
        place="radiofrequency ablation",
        text="Long experience; one probe can bend. Heat sink and charring; vascular metastases may be "
        "embolised first; the zone is not seen. Ideal for a small soft lesion walled by bone; subchondral: "
        "cement. Monopolar pads on the thighs, far from the electrode.",
    ),
    _bone(
        code="tad-microwave",
        facts=("TAD-ABL-5",),
        title="Microwave ablation",
        techniques=(Technique.MICROWAVE,),
        outcome=Outcome.PROCEDURE,
        place="microwave ablation",
        text="Faster, larger zone by several probes, less hindered by bone, less heat sink: of use in "
        "sclerotic lesions, which need a drill. Much to learn, fragile probes, zone less predictable.",
        disputes=disputed(43),
    ),
    _bone(
        code="tad-cryoablation",
        facts=("TAD-ABL-6",),
        title="Cryoablation",
        techniques=(Technique.CRYOABLATION,),
        outcome=Outcome.PROCEDURE,
        place="cryoablation",
        text="Two freezes of 10 min with 5 min of passive thaw between; -20 to -40 °C kills; a 2.4-mm probe "
        "makes 3 cm. The ice shows on CT and spares pain; nerve monitoring works; for bulky tumours, cortex "
        "no barrier. Slow, costly, and must thaw before cement.",
    ),
    _bone(
        code="tad-laser-ultrasound",
        facts=("TAD-ABL-7",),
        title="Laser and focused ultrasound",
        techniques=(Technique.LASER, Technique.FOCUSED_ULTRASOUND),
        outcome=Outcome.PROCEDURE,
        place="laser ablation; MR-guided focused ultrasound",
        text="Laser: up to 1.6 cm, predictable, safe in MRI, an answer to osteoid osteoma with a pacemaker. "
        "Focused ultrasound: no needle, temperature seen by MRI, better function and quality of life.",
    ),
    _spine(
        code="tad-planning",
        facts=("TAD-PLAN-1",),
        title="What to look at before ablation",
        techniques=_ABLATION,
        outcome=Outcome.IMAGING,
        place="pre-ablation planning",
        text="Lysis, posterior cortex, retropulsion, pedicle (if broken, beside it), dura, compressed "
        "nerves, vessels, mass beside the spine, bone quality. Lytic lesions are the easiest; both "
        "pedicles for full coverage.",
        disputes=disputed(46),
    ),
    _spine(
        code="tad-myeloma",
        facts=("TAD-MM-1",),
        title="Myeloma",
        techniques=(*_AUGMENTATION, *_RADIOTHERAPY),
        outcome=Outcome.PAIN,
        place="a word about myeloma",
        text="Very radiosensitive; vertebroplasty works, with some control of the tumour. Posterior cortex "
        "gone: implant, a PEEK coil or a metal stent. Ablation is seldom needed.",
        disputes=disputed(37),
    ),
    _fact(
        code="tad-pelvis",
        facts=("TAD-PEL-1", "TAD-ENN-1"),
        title="Which pelvic lesions may break",
        techniques=(Technique.CEMENTOPLASTY,),
        outcome=Outcome.FRACTURE,
        sites=_PELVIS,
        place="pelvis metastases; Enneking classification",
        text="Focal or permeating lysis, size, pain under load, acetabulum or sacroiliac region. Little "
        "displaced fractures: cement, with or without ablation and screws. Of the zones the second is the "
        "one at risk; first and third leave the pelvis stable.",
        notes=("the zones never reassure",),
        disputes=disputed(36, 41),
    ),
    _fact(
        code="tad-acetabulum-surgery",
        facts=("TAD-ACE-1",),
        title="Acetabulum: surgery or not",
        techniques=(Technique.EMBOLISATION,),
        outcome=Outcome.SELECTION,
        sites=(Site.ACETABULUM, Site.PELVIS),
        place="acetabular metastases",
        text="Not: posterior column, dome and medial wall whole. Reconstruction: large and unstable, "
        "fractured, radioresistant, or disabling pain in spite of the rest. Embolised beforehand: kidney, "
        "thyroid, liver, a large soft mass.",
    ),
    _fact(
        code="tad-acetabulum-cement",
        facts=("TAD-ACE-2",),
        title="Acetabulum: cement and ablation",
        techniques=(Technique.CEMENTOPLASTY, Technique.RADIOFREQUENCY),
        outcome=Outcome.PAIN,
        sites=(Site.ACETABULUM, Site.PELVIS),
        place="acetabular metastases, minimally invasive procedures",
        text="Cement is contraindicated there by fracture, complete or impending, and by an insufficient "
        "medial wall; three nerves and vessels to avoid: lateral femoral cutaneous, sciatic, superior "
        "gluteal artery. Radiofrequency ablation in 30 patients (Thanos): clearly less pain and fewer "
        "analgesics.",
        disputes=disputed(36),
    ),
    _fact(
        code="tad-femur",
        facts=("TAD-FEM-1",),
        title="Proximal femur",
        techniques=(Technique.CEMENTOPLASTY, Technique.PROPHYLACTIC_FIXATION),
        outcome=Outcome.FRACTURE,
        sites=(Site.FEMUR, Site.LIMB),
        place="proximal femur metastases",
        text="Mechanical pain foretells fracture best. Mirels 9 or more: fixation. Cement alone breaks often "
        "where more than 30 mm of cortex is involved or the lesser trochanter broke before.",
    ),
    _bone(
        code="tad-anaesthesia",
        facts=("PRE-ANES",),
        title="Anaesthesia and antibiotics",
        techniques=_ABLATION,
        outcome=Outcome.PROCEDURE,
        place="thermal ablation, anaesthesia",
        text="General anaesthesia, or moderate to deep sedation with analgesics; antibiotic prophylaxis.",
    ),
    _spine(
        code="tad-decompression",
        facts=("SUR-CTX",),
        title="For whom decompression is",
        techniques=(Technique.DECOMPRESSION,),
        outcome=Outcome.SELECTION,
        place="surgical decompression",
        text="Lasting gain in walking; advised for the young or highly functional with a reasonable outlook.",
    ),
)
