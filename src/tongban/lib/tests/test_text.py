"""Chinese words, pinyin, masking."""

import logging

from tongban.lib import masking, text


def test_question_is_reduced_to_what_is_wanted():
    assert text.meaningful("我要开一家小餐馆") == ["开", "餐馆"]


def test_a_question_of_noise_keeps_its_words():
    assert text.meaningful("怎么办") != []


def test_pinyin_whole_and_initials():
    assert text.pinyin("开餐馆") == ("kaicanguan", "kcg")


def test_pinyin_is_recognised():
    assert text.looks_like_pinyin("kai can guan")
    assert not text.looks_like_pinyin("开餐馆")


def test_vector_prefers_the_better_weight():
    assert "'餐馆':1A" in text.vector({"餐馆": "A", "开餐馆": "B"}) or "'餐馆':2A" in text.vector({"餐馆": "A", "开餐馆": "B"})


def test_quotes_cannot_leave_a_lexeme():
    assert text.quoted("a'b\\c") == "'abc'"


def test_identity_and_mobile_numbers_are_masked_in_text_and_logs():
    told = "证件370102199001010010，电话13812345678，编号JN26-1124-00101"
    masked = masking.mask_text(told)
    assert "19900101" not in masked
    assert "138****5678" in masked
    assert "JN26-1124-00101" in masked
    record = logging.LogRecord("x", logging.INFO, "", 0, "id %s", ("370102199001010010",), None)
    assert masking.LogFilter().filter(record)
    assert "370102********0010" in record.getMessage()
