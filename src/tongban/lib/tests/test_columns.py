"""Sealed columns: what a copied database shows, what a destroyed key leaves, what the blind index finds."""

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tongban.kernel.cases.tests.test_commands import submit
from tongban.kernel.cases.models import Case
from tongban.kernel.identity.models import Account, Person
from tongban.lib import columns, keys, sm
from tongban.lib.sm.keystore import Destroyed

pytestmark = pytest.mark.django_db


def raw(table, column, where, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {where} = %s", [value])
        return bytes(cursor.fetchone()[0])


@pytest.fixture
def zhang():
    return Person.objects.get(name="张合成")


class TestColumn:
    def test_the_table_shows_nothing_and_the_row_everything(self, zhang):
        for column in ("id_number", "mobile"):
            assert getattr(zhang, column).encode() not in raw("identity_person", column, "id", zhang.id)
        assert len(zhang.id_number) == 18

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def test_every_text_comes_back(self, text):
        assert columns.open_text("t.c", columns.close("persons|37", "t.c", text)) == text

    def test_one_text_lies_differently_each_time(self):
        assert columns.close("persons|37", "t.c", "same") != columns.close("persons|37", "t.c", "same")

    def test_a_value_moved_to_another_column_or_changed_by_a_bit_does_not_open(self):
        closed = columns.close("persons|37", "t.c", "370102")
        with pytest.raises(sm.Tampered):
            columns.open_text("t.other", closed)
        for place in range(len(closed)):
            changed = closed[:place] + bytes([closed[place] ^ 1]) + closed[place + 1 :]
            with pytest.raises(sm.Tampered):
                columns.open_text("t.c", changed)

    def test_counties_and_organs_have_keys_of_their_own(self):
        one, two = (columns.closed_by(columns.close(columns.cohort("cases", organ, 2026), "t.c", "x")) for organ in ("a", "b"))
        assert one != two

    def test_a_person_is_found_by_number_only_through_the_index(self, zhang):
        assert Person.objects.of_number(f" {zhang.id_number.lower()} ").get() == zhang
        assert not Person.objects.of_number("370102190001010000").exists()
        with pytest.raises(FieldError):
            Person.objects.filter(id_number=zhang.id_number).first()
        assert zhang.id_number.encode() not in bytes(zhang.id_index)

    def test_a_query_cannot_write_what_only_a_row_can_seal(self, zhang):
        with pytest.raises(TypeError, match="save the row"):
            Person.objects.filter(id=zhang.id).update(mobile="13800000000")

    def test_nothing_is_kept_as_nothing(self, zhang):
        zhang.mobile = ""
        zhang.save()
        zhang.refresh_from_db()
        assert zhang.mobile == ""
        assert Person.objects.filter(id=zhang.id, mobile__isnull=True).exists()

    def test_a_dump_of_the_rows_stays_sealed_and_can_be_loaded(self, zhang):
        told = serializers.serialize("json", [zhang])
        assert zhang.id_number not in told
        [back] = serializers.deserialize("json", told)
        back.save()
        assert Person.objects.get(id=zhang.id).id_number == zhang.id_number

    def test_mail_addresses_too(self):
        account = Account.objects.get(username="wang")
        account.email = "wang@example.cn"
        account.save()
        assert b"example" not in raw("identity_account", "email", "username", "wang")
        assert Account.objects.get(username="wang").email == "wang@example.cn"


class TestDestruction:
    def test_forms_of_an_organ_and_a_year_are_gone_for_good(self, own_data):
        number = submit()
        case = Case.objects.unscoped("test").get(number=number)
        assert case.data["contact_tel"]
        held = keys.keystore()
        old = columns.closed_by(raw("cases_case", "data", "number", number))
        assert columns.destroy(case.cohort()) == [old]
        assert Case.objects.unscoped("test").get(number=number).data == {}
        with pytest.raises(Destroyed):
            held.by_id(old)
        assert case.cohort() not in columns.cohorts("cases")
        # The file has no trace of the key, and another process reads the same.
        keys.forget()
        assert columns.open_text("cases_case.data", raw("cases_case", "data", "number", number)) is None
        [row] = [r for r in held._document["keys"] if r["id"] == old]
        assert "sealed" not in row

    def test_what_comes_after_gets_a_new_key(self, own_data):
        before = columns.close("cases|x|2026", "t.c", "before")
        columns.destroy("cases|x|2026")
        after = columns.close("cases|x|2026", "t.c", "after")
        assert columns.open_text("t.c", before) is None
        assert columns.open_text("t.c", after) == "after"

    def test_a_renewed_key_opens_what_the_old_one_closed(self, own_data):
        before = columns.close("cases|x|2026", "t.c", "before")
        assert columns.renew("cases|x|2026") == columns.closed_by(columns.close("cases|x|2026", "t.c", "after"))
        assert columns.open_text("t.c", before) == "before"

    def test_a_lost_key_is_no_destroyed_one(self, own_data):
        closed = columns.close("cases|x|2026", "t.c", "text")
        (own_data / "keys" / "keystore.json").unlink()
        keys.forget()
        with pytest.raises(sm.Tampered, match="not in the keystore"):
            columns.open_text("t.c", closed)
        keys.forget()


def test_rows_that_lay_open_are_sealed_by_a_migration():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE old_rows (id bigint, organ text, open_words text, words bytea)")
        cursor.execute("INSERT INTO old_rows VALUES (1, 'a', '370102', NULL), (2, 'b', '', NULL), (3, 'b', '{\"x\": 1}', NULL)")
        columns.seal_existing(cursor, "old_rows", {"words": "open_words"}, "'old|' || row.organ")
        cursor.execute("SELECT words FROM old_rows ORDER BY id")
        sealed = [bytes(w) if w else None for (w,) in cursor.fetchall()]
    assert [columns.open_text("old_rows.words", s) if s else None for s in sealed] == ["370102", None, '{"x": 1}']
    assert columns.closed_by(sealed[0]) != columns.closed_by(sealed[2])
