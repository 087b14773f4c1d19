"""The everyday matters: each is found by its own words, opens by itself only when sure, and names duties that exist."""

from __future__ import annotations

import pytest

import read_once
from sanban.intake.triage import MatterWords, Triage
from sanban.kernel.mechanism import Mechanism
from sanban.packs.examples import instant_of, load_examples
from sanban.packs.loading import ZONE
from sanban.packs.rehearsal import rehearse

MATTERS = read_once.matters()
NOW = instant_of("2026-01-15 09:00", ZONE) or 0
IN_FORCE = {matter.head.matter: matter for matter in MATTERS.in_force(NOW) if matter.mechanism is not None}
TRIAGE = Triage(
    [
        MatterWords(name, each.title.zh, each.title.en, each.triage.words, each.triage.auto_at or None)
        for name, matter in IN_FORCE.items()
        if (each := matter.mechanism) is not None and each.triage.words
    ],
    "2026-01-01",
)
DUTIES = {duty for duty, level in read_once.district().duty.known_from if level == "district"}
CALENDAR = read_once.calendar()

SAID: dict[str, tuple[str, ...]] = {
    "noise": ("楼下工地每天通宵施工，吵得老人无法入睡。", "Loud music from the bar every night."),
    "parking": ("小区门口两侧长期违停，还有三辆僵尸车。", "Cars are parked on the pavement, no parking for us."),
    "waste": ("垃圾桶满了三天没有清运，垃圾堆到路边。", "Rubbish lies next to the garbage bins."),
    "water-outage": ("今天早上六点起停水，自来水公司电话打不通。", "There is no water in our building."),
    "power-outage": ("整栋楼停电两小时，总闸一合就跳闸。", "Another power cut in the whole street."),
    "gas-supply": ("厨房有煤气味，怀疑燃气管漏气。", "I think there is a gas leak in the kitchen."),
    "lift-renewal": ("电梯故障，昨晚电梯困人半小时。", "Our lift is twenty years old and stops."),
    "street-light": ("巷子里的路灯坏了四盏，晚上没有照明。", "The street light in front of the school is out."),
    "wages": ("公司拖欠工资三个月，还不给加班费。", "Unpaid wages since March."),
    "e-bike-charging": ("有人从四楼飞线充电，电瓶车就停在楼道。", "People charge an e-bike in the stairwell."),
    "public-housing-repair": ("我住的直管公房屋面漏雨，墙体开裂。", "A leaking roof in public housing."),
    "property-management": ("物业公司涨了物业费，业委会不同意。", "The property management raised the service charge."),
    "greening": ("行道树的树枝断了挂在半空，请来修剪。", "A tree leans over the lawn."),
    "road-damage": ("路口井盖没有了，旁边路面坑坑洼洼。", "A deep pothole next to a manhole."),
    "illegal-building": ("楼顶有人私搭乱建，是明显的违章建筑。", "An illegal building on the roof."),
    "food-safety": ("买到过期食品，吃完拉肚子。", "Food poisoning after eating stale food."),
    "school-enquiry": ("请问小学入学按什么学区划分？", "When does admission to the kindergarten begin?"),
    "public-transport": ("公交车末班车太早，公交线路能不能延长？", "The bus and the metro stop too early."),
    "medical-service": ("医院挂号排了四个小时，医生只看了两分钟。", "The doctor at the clinic sent me away."),
    "social-security": ("换工作后社保怎么补缴，养老保险会断吗？", "How do I transfer my pension?"),
    "housing-sale": ("开发商说好六月交房，到现在房产证也没有。", "The developer gives us no title deed."),
    "relocation": ("拆迁三年了，安置房和过渡费都没有着落。", "No compensation for the relocation yet."),
    "kitchen-fumes": ("楼下烧烤店油烟直接排到我家窗口。", "Kitchen fumes of the barbecue come into my flat."),
    "pollution": ("工厂夜里排放废气，味道刺鼻。", "Pollution by the exhaust of a plant."),
    "traffic-order": ("这个路口没有红绿灯也没有斑马线，天天堵车。", "The traffic light is broken: a traffic jam."),
    "consumer-dispute": ("健身房关门，会员卡退费没有人理。", "The shop gives a consumer no refund."),
    "public-works": ("门口的断头路什么时候动工，何时通车？", "The urban plan shows a park: when will it be built?"),
    "fire-safety": ("一楼商铺把消防栓挡住了，失火怎么逃生？", "A fire hazard: goods block the fire lane."),
    "public-security": ("朋友被拉去传销，像是诈骗。", "It was a scam, my money is stolen."),
    "housing-support": ("公积金和购房补贴可以同时申请吗？", "Can I get a subsidy besides the housing fund?"),
    "suggestion": ("我想提个建议：周末让居民用学校操场。", "A suggestion: open the school yard on Sundays."),
    "short-let": ("隔壁开了民宿，天天有短租客人。",),
}
SURE = ("noise", "parking", "water-outage", "power-outage", "gas-supply", "street-light", "e-bike-charging", "wages")


@pytest.mark.parametrize("name", sorted(SAID))
def test_its_words_pick_the_matter(name: str) -> None:
    for sentence in SAID[name]:
        assert next((each.matter for each in TRIAGE.suggest(sentence)), "") == name, sentence


def test_every_matter_with_words_is_spoken_for_here() -> None:
    assert {matter.matter for matter in TRIAGE.matters} == SAID.keys()


def test_at_least_fourteen_everyday_matters_ship() -> None:
    asked = {"noise", "parking", "waste", "water-outage", "lift-renewal", "street-light", "wages", "e-bike-charging"}
    assert asked | {"public-housing-repair"} <= IN_FORCE.keys()
    assert len(IN_FORCE) >= 14


@pytest.mark.parametrize("name", SURE)
def test_a_plain_sentence_opens_its_case_by_itself(name: str) -> None:
    assert TRIAGE.acts(TRIAGE.suggest(SAID[name][0]))


@pytest.mark.parametrize(
    "text",
    [
        "请问这件事应该找哪个部门？",
        "业主反映小区晚上的建设",
        "小区停车乱，垃圾也多，还停电",
        "公司车位收费，物业也不管",
    ],
)
def test_weak_or_mixed_words_wait_for_a_person(text: str) -> None:
    assert not TRIAGE.acts(TRIAGE.suggest(text))


@pytest.mark.parametrize("name", sorted(IN_FORCE))
def test_what_opens_by_itself_asks_nobody_for_an_answer(name: str) -> None:
    """A case opened by itself has no answers yet, so no field of such a matter may be required."""
    mechanism = mechanism_of(name)
    required = [field.name for field in mechanism.form.values() if field.required]
    assert not (required and mechanism.triage.auto_at)
    assert not mechanism.auto_dispatch or {"system"} & mechanism.steps["dispatch"].by


@pytest.mark.parametrize("name", sorted(IN_FORCE))
def test_every_duty_is_answered_for_in_the_demo_district(name: str) -> None:
    assert {task.duty for task in mechanism_of(name).tasks.values()} <= DUTIES


@pytest.mark.parametrize("name", sorted(IN_FORCE))
def test_its_texts_are_there_in_both_languages(name: str) -> None:
    texts = IN_FORCE[name].texts
    assert texts
    assert not [path for path, title in texts.items() if not title.zh.strip() or not title.en.strip()]


@pytest.mark.parametrize("name", sorted(SAID))
def test_its_examples_play(name: str) -> None:
    versions = MATTERS.versions[name]
    examples = load_examples(versions[0].path.parent, ZONE)
    assert examples
    for example in examples:
        assert not rehearse(example, versions, MATTERS, CALENDAR, ZONE)


def test_a_number_that_changed_counts_from_its_day() -> None:
    """Twelve hours without water until the end of 2025, eight since."""
    water = mechanism_of("water-outage")
    before, after = instant_of("2025-12-31 23:59", ZONE), instant_of("2026-01-01 00:00", ZONE)
    assert before is not None
    assert after is not None
    assert water.parameters_at(before)["emergency_water_after"] == 12
    assert water.parameters_at(after)["emergency_water_after"] == 8


def mechanism_of(name: str) -> Mechanism:
    mechanism = IN_FORCE[name].mechanism
    assert mechanism is not None
    return mechanism
