"""The measuring of relevance: metrics as computed by hand, a collection and judgements that can be trusted."""

from __future__ import annotations

import math
from itertools import islice

import pytest
from elasticsearch import Elasticsearch

from bench.relevance.collection import papers
from bench.relevance.contenders import contenders, filled
from bench.relevance.measuring import scores
from bench.relevance.metrics import ndcg, paired_interval, recall, reciprocal_rank
from bench.relevance.questions import COUNTS, Asked, asked
from bench.relevance.spelling import abbreviated, spelled_out, stripped, tone_on_first, tone_on_second
from bench.relevance.vocabulary import vocabulary

GRADES = {"a": 3, "b": 2, "c": 1}


def test_ndcg_is_what_is_computed_by_hand() -> None:
    ideal = 7 + 3 / math.log2(3) + 1 / 2
    assert ndcg(["a", "b", "c"], GRADES) == 1
    assert ndcg(["x", "b", "a"], GRADES) == pytest.approx((3 / math.log2(3) + 7 / 2) / ideal)
    assert ndcg(["x"] * 10 + ["a"], GRADES) == 0
    assert ndcg(["a"], {}) == 0


def test_ndcg_holds_the_ideal_order_to_the_same_depth() -> None:
    assert ndcg(["a", "b"], {"a": 1, "b": 1, "c": 1}, depth=2) == 1


def test_recall_counts_what_is_relevant_and_asks_for_no_more_than_its_depth_can_hold() -> None:
    assert recall(["c", "b", "x"], GRADES) == 0.5
    assert recall(["x", "x", "a"], GRADES, depth=2) == 0
    assert recall(["a"], {"a": 3, "b": 3, "d": 3}, depth=2) == 0.5
    assert recall(["c"], {"c": 1}) == 0


def test_the_reciprocal_rank_is_that_of_the_first_relevant_text() -> None:
    assert reciprocal_rank(["c", "x", "b", "a"], GRADES) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c"], GRADES) == 0


def test_the_interval_of_a_steady_difference_holds_it_alone_and_of_none_holds_zero() -> None:
    assert paired_interval([0.75, 0.5, 1.0], [0.5, 0.25, 0.75]) == (0.25, 0.25)
    low, high = paired_interval([1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1])
    assert low < 0 < high


def test_the_collection_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first, again, other = (list(islice(papers(60, seed), 60)) for seed in (5, 5, 6))
    assert first == again and first != other
    assert len({paper.id for paper in first}) == 60


def test_the_vocabulary_has_sixty_topics_and_no_two_aspects_of_one_name() -> None:
    aspects = vocabulary().aspects
    assert len({item.topic for item in aspects}) >= 60
    assert len({phrase for item in aspects for phrase in item.phrases}) == sum(len(item.phrases) for item in aspects)


def test_there_are_two_hundred_test_queries_and_the_dev_queries_share_no_topic_with_them() -> None:
    collection = list(papers(6000, 2))
    test, dev = asked(collection, "test", 2), asked(collection, "dev", 2)
    assert len(test) >= 200 and {item.kind for item in test} == set(COUNTS)
    assert not {item.text for item in test} & {item.text for item in dev}
    topic_of = {paper.id: paper.topic for paper in collection}

    def topics(queries: list[Asked]) -> set[str | None]:
        by_subject = [item for item in queries if item.kind in ("topic", "compound", "question", "phrase", "homograph")]
        return {topic_of[name] for item in by_subject for name, grade in item.grades.items() if grade == 3}

    assert not topics(test) & topics(dev)


def test_judgements_come_from_the_attributes_and_hold_for_texts_that_share_no_word_with_the_query() -> None:
    collection = list(papers(6000, 2))
    by_id = {paper.id: paper for paper in collection}
    query = next(item for item in asked(collection, "test", 2) if item.kind == "topic")
    best = [by_id[name] for name, grade in query.grades.items() if grade == 3]
    assert len({paper.aspect for paper in best}) == 1
    assert {paper.id for paper in collection if paper.aspect == best[0].aspect} == {paper.id for paper in best}
    assert any(query.text not in paper.text for paper in best), "others say it in other words"


def test_the_ways_of_writing_are_told_apart() -> None:
    assert tone_on_second("Hòa giải, thủy lợi, khỏe, quý, hoàn toàn") == "Hoà giải, thuỷ lợi, khoẻ, quý, hoàn toàn"
    assert tone_on_first("Hoà giải, thuỷ lợi, khoẻ, quý, hoàn toàn") == "Hòa giải, thủy lợi, khỏe, quý, hoàn toàn"
    assert stripped("Đê điều, ủy ban") == "De dieu, uy ban"
    short = vocabulary().short
    assert abbreviated("ỦY BAN NHÂN DÂN tỉnh", short) == "UBND tỉnh"
    assert spelled_out("UBND tỉnh, 15/QĐ-UBND", short) == "Ủy ban nhân dân tỉnh, 15/QĐ-UBND"


def test_every_contender_is_asked_the_same_and_a_wrong_ranking_would_show(client: Elasticsearch) -> None:
    collection = list(papers(250, 3))
    paper = next(item for item in collection if item.year_in_notation)
    query = Asked("number", f"{paper.number:02}/{paper.notation}", {paper.id: 3})
    for contender in contenders():
        filled(client, contender, collection)
        for form in contender.queries.values():
            assert scores(client, contender, form, [query], str).mrr[0] > 0
        client.indices.delete(index=contender.index)
