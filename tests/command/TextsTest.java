import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text of a cluster that is printed: it steers neither a terminal nor a log. */
class TextsTest {
    @Test
    void aLineHasNoControlCharactersNoLineEndsAndNoOldCommandOfTheRunner() {
        assertEquals("a b c## [stop-commands]d", ensure_ready.Texts.line(" a\r\nb\n\n\u001b\u200bc##[stop-commands]d "));
        assertEquals("   a b", ensure_ready.Texts.visible("   a\nb "));
    }

    @Test
    void noneOfSeveralLinesIsACommandOfTheRunner() {
        assertEquals("a\n  :\\:error::x\n:\\:add-mask::y\n:z\nb ::notice::c",
            ensure_ready.Texts.lines("a\n  ::error::x\n::add-mask::y\n:z\nb ::notice::c"));
    }

    @Test
    void aMessageStandsOnOneLine() {
        assertEquals("a b", ensure_ready.Texts.oneLine(" a \n  b\n"));
        assertEquals("", ensure_ready.Texts.oneLine(null));
    }

    @ParameterizedTest
    @CsvSource({"abcd, 4, abcd", "abcde, 4, abc…", "abc, 4, abc"})
    void aTextIsCutToItsLengthWithAMarkOfIt(String text, int most, String expected) {
        assertEquals(expected, ensure_ready.Texts.cut(text, most));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 pods", "1, 1 pod", "2, 2 pods"})
    void oneIsSaidInTheSingular(long n, String expected) {
        assertEquals(expected, ensure_ready.Texts.count(n, "pod"));
    }

    @ParameterizedTest
    @CsvSource({"'', ''", "a, a", "a a, a (x2)", "a a b a c c c, a (x2);b;a;c (x3)"})
    void theSameLineAgainAndAgainStandsOnceWithItsNumber(String lines, String expected) {
        assertEquals(expected, String.join(";", ensure_ready.Texts.folded(lines.isEmpty() ? List.of() : List.of(lines.split(" ")))));
    }
}
