"""How simulated people wander: through pages that exist, as their chance decides."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.demo.pages import get

from footfall.demo.products import LANGUAGES, PRODUCTS, Language, price_text
from footfall.demo.walks import ADMIRED, BESTSELLER, BUY, VIEW, Act, crawl, slug_of, walk

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.sampled_from(LANGUAGES))
def test_a_visit_begins_with_a_view_and_things_happen_on_the_page_that_is_open(seed: int, language: Language) -> None:
    shown = ""
    for act in walk(Random(seed), language):
        if act.kind == VIEW:
            shown = act.path
        assert act.path == shown
        assert act.after >= 0
        if act.kind == BUY:
            product = PRODUCTS[slug_of(act.path)]
            assert act.price == price_text(product.kopecks, language)
            assert act.amount is not None
            assert act.amount >= 1
        else:
            assert act.price is None


@given(SEEDS)
def test_the_same_chance_walks_the_same_way(seed: int) -> None:
    assert list(walk(Random(seed), "ru")) == list(walk(Random(seed), "ru"))


def test_walks_lead_to_every_product_and_only_to_pages_that_exist() -> None:
    acts = many_acts(3_000)

    assert {slug_of(act.path) for act in acts} == {*PRODUCTS, ""}
    for path in {act.path.partition("?")[0] for act in acts}:
        assert get(path).status_code == 200, path


def test_one_product_is_bought_most_and_another_viewed_most_but_hardly_bought() -> None:
    acts = many_acts(3_000)
    views = Counter(slug_of(act.path) for act in acts if act.kind == VIEW)
    buys = Counter(slug_of(act.path) for act in acts if act.kind == BUY)
    del views[""]

    assert buys.most_common(1)[0][0] == BESTSELLER
    assert views.most_common(1)[0][0] == ADMIRED
    assert buys[ADMIRED] < views[ADMIRED] / 50


def test_a_robot_only_looks() -> None:
    acts = list(crawl(Random(1)))

    assert {act.kind for act in acts} == {VIEW}
    assert len({act.path for act in acts}) == len(acts) > 4


def many_acts(visits: int) -> list[Act]:
    rnd = Random(5)
    return [act for _ in range(visits) for act in walk(rnd, "ru")]
