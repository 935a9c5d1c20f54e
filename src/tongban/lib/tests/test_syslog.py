"""Reading syslog: the examples of RFC 5424, RFC 3164 and RFC 6587; and that nothing makes it fall over."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tongban.lib import syslog


class TestRfc5424:
    def test_example_1_of_section_6_5(self):
        read = syslog.parse("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8")
        assert (read.facility, read.severity, read.host, read.app, read.process, read.kind) == (4, 2, "mymachine.example.com", "su", "", "ID47")
        assert read.at == datetime(2003, 10, 11, 22, 14, 15, 3000, UTC)
        assert read.words == "'su root' failed for lonvick on /dev/pts/8"

    def test_example_3_with_structured_data(self):
        line = '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] \ufeffAn application'
        read = syslog.parse(line)
        assert read.data == {"exampleSDID@32473": {"iut": "3", "eventSource": "Application", "eventID": "1011"}}
        assert read.words == "An application"

    def test_example_4_with_two_elements_and_no_words(self):
        read = syslog.parse('<165>1 2003-10-11T22:14:15.003Z m e - ID47 [a@1 iut="3"][b@2 class="high"]')
        assert read.data == {"a@1": {"iut": "3"}, "b@2": {"class": "high"}}
        assert read.words == ""

    def test_escapes_of_section_6_3_3(self):
        assert syslog.parse(r'<13>1 - - - - - [x q="a\"b\\c\]d"] w').data == {"x": {"q": 'a"b\\c]d'}}

    def test_what_does_not_close_is_kept_as_words(self):
        read = syslog.parse('<13>1 - h a - - [x q="never closed')
        assert read.data == {}
        assert read.words == '[x q="never closed'


class TestOlder:
    def test_the_example_of_rfc_3164(self):
        read = syslog.parse("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8")
        assert (read.facility, read.severity, read.host, read.app, read.words) == (4, 2, "mymachine", "su", "'su root' failed for lonvick on /dev/pts/8")
        assert read.at is None

    def test_a_process_number_in_brackets(self):
        read = syslog.parse("<86>Nov 24 10:00:00 gate sshd[4242]: Failed password for root from 203.0.113.7 port 22 ssh2")
        assert (read.app, read.process) == ("sshd", "4242")

    def test_a_line_without_priority_is_words(self):
        assert syslog.parse("hello there").words == "hello there"

    def test_a_priority_beyond_191_is_none(self):
        assert syslog.parse("<192>1 - - - - - - x").words == "<192>1 - - - - - - x"


class TestFraming:
    def test_octets_counted(self):
        framing = syslog.Framing()
        assert framing.feed(b"11 <13>hello a5 <1") == ["<13>hello a"]
        assert framing.feed(b">xy") == ["<1>xy"]

    def test_a_line_each(self):
        framing = syslog.Framing()
        assert framing.feed(b"<13>one\n<13>tw") == ["<13>one"]
        assert framing.feed(b"o\n") == ["<13>two"]

    @given(st.lists(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=60), max_size=12), st.integers(1, 40))
    def test_however_the_stream_is_cut(self, messages, cut):
        messages = [f"<13>{m}".strip() for m in messages]
        stream = b"".join(str(len(m.encode())).encode() + b" " + m.encode() for m in messages)
        framing, found = syslog.Framing(), []
        for start in range(0, len(stream), cut):
            found += framing.feed(stream[start : start + cut])
        assert found == messages

    @given(st.binary(max_size=400), st.integers(1, 50))
    def test_anything_at_all_ends(self, octets, cut):
        framing = syslog.Framing()
        for start in range(0, len(octets), cut):
            framing.feed(octets[start : start + cut])
        assert len(framing.held) <= len(octets)


@given(st.text(max_size=300))
def test_any_line_is_read(line):
    read = syslog.parse(line)
    assert 0 <= read.severity <= 7
    assert 0 <= read.facility <= 23


@given(st.text(max_size=200))
def test_any_structured_part_is_read(rest):
    syslog.parse(f"<13>1 - h a p m {rest}")
