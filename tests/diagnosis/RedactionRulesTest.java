import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.ObjectMapper;

/** What of a Secret or a variable is hidden, and in which forms; each row beside its negative twin. Values are made up here. */
class RedactionRulesTest {
    private static String cleaned(String name, String value, String keep, String text) {
        var secret = value.replace("\\n", "\n");
        return ensure_ready.Redaction.of(Map.of(name, secret), Map.of(), Set.of(keep.split(" ")))
            .clean(text.replace("\\n", "\n")).replace("\n", "\\n")
            .replace("[REDACTED:secret/" + name + "]", "*");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        a#b | zq9x7w | - | zq9x7w | * | six characters are enough
        a#b | zq9x7 | - | got zq9x7 | got zq9x7 | five are too common
        a#b | zq9x7w | - | ends with zq9x7w | ends with * | the last place of a text
        a#b | zq9x7wk | - | lzq9x7wk | l* | also where it is a piece of a word
        a#b | plumbus | - | plumbuses | plumbuses | but no word of letters alone
        a#b | plumbusplum | - | plumbusplums | plumbusplums | of up to eleven letters
        a#b | plumbusplumb | - | plumbusplumbs | *s | twelve letters are no word by accident
        a#b | plumbus | - | x.plumbus plumbus.x | x.plumbus plumbus.x | a piece of a name at its start or end
        a#b | plumbus | - | <plumbus> | <*> | what no name has ends the word
        a#b | zq9x7w | zq9x7w-web | zq9x7w-web | zq9x7w-web | a piece of a name to keep
        a#b | zq9x7w | zq9x7w | zq9x7w | zq9x7w | a name to keep
        a#b | changeme | - | changeme | changeme | a word of the language
        a#b | http://u:changeme@h/ | - | changeme | * | unless it is a password of an address
        a#b | http://u:changeme@h/ | changeme | changeme | changeme | and no name
        a#b | http://u:zq9x7w@h/ | zq9x7w | zq9x7w | * | a password that is a name is a password
        a#webhook | https://hooks.example/T00/B11/zq9x7w | - | POST https://hooks.example/T00/B11/zq9x7w | POST * | an address without a \
        password is a value
        a#url | https://hooks.example/T00/B11/zq9x7w | - | https://hooks.example/T00/B11/zq9x7w | https://hooks.example/T00/B11/zq9x7w | \
        unless it is called an address
        a#db-host | db.internal.example | - | dial db.internal.example | dial db.internal.example | a host stays
        a#db-host | db!internal!example | - | dial db!internal!example | dial * | what is no host does not
        a#b | db.internal.example | - | dial db.internal.example | dial * | a value that is not called a host
        a#b | u zq9x7w http://u:bq8x6w@h/ | - | bq8x6w | * | an address beside other words
        a#b | u zq9x7w http://u:bq8x6w@h/ | - | u zq9x7w http://u:bq8x6w@h/ | * | those words too
        a#b       | 54321                                | -      | port 54321                        | port 54321               | a port
        a#b | 543210 | - | pin 543210 | pin * | too long for a port
        a#b | zq9x7w4k5m | - | zq9x7w4k5m | * | and its longer twin:
        a#.env | API_TOKEN=zq9x7w | - | zq9x7w | * | a file of one line
        a#.env | A=1\\nAPI_TOKEN="zq9x7w" | - | zq9x7w | * | a file of two
        a#.env | A=1\\nGREETING=zq9x7w | - | zq9x7w | zq9x7w | a setting that is no secret
        a#f | x\\nabcd1234efgh5678 | - | abcd1234efgh5678 | * | a line of sixteen
        a#f | x\\nabcd1234efgh567 | - | abcd1234efgh567 | abcd1234efgh567 | a shorter one
        a#f | x\\nabcd1234 efgh5678 | - | abcd1234 efgh5678 | abcd1234 efgh5678 | a sentence
        a#f | x\\n-------------------- | - | -------------------- | -------------------- | a rule of dashes
        a#f       | x\\nname=abcd1234efgh5678            | -      | name=abcd1234efgh5678             | name=abcd1234efgh5678    | a setting
        a#b | abcdefgh9012 | - | \\nabcdef\\ngh9012 | \\n*\\n | wrapped, twelve characters
        a#b | abcdefgh901 | - | \\nabcdef\\ngh901 | \\nabcdef\\ngh901 | too short to be found wrapped
        a#b | %61%62%63xy | - | abcxy | abcxy | decoded, but too short
        a#c | {"auth": "zq9x7w"} | - | zq9x7w | * | a value in JSON
        a#c | {"apiKeys": ["zq9x7w"]} | - | zq9x7w | * | in a list of JSON
        a#c | {"x": {"pin_key": 1234567}} | - | 1234567 | * | a number in JSON
        a#c | {"greeting": "zq9x7w"} | - | zq9x7w | zq9x7w | not called a secret
        a#c | {"auth": zq9x7w | - | {"auth": zq9x7w | * | JSON that is none
        """)
    void aValueOfASecretIsHiddenWhereItIsOneAndNowhereElse(String name, String value,
        String keep, String text, String expected, String why) {
        assertEquals(expected, cleaned(name, value, keep, text), why);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        API_TOKEN | zq9x7w4k         | [REDACTED:env/API_TOKEN]
        API_TOKEN | zq9x7w4          | zq9x7w4
        API_TOKEN | /run/secrets/x   | /run/secrets/x
        API_TOKEN | zq9x7w 4kzq9x7w  | zq9x7w 4kzq9x7w
        GREETING  | zq9x7w4k         | zq9x7w4k
        """)
    void aVariableIsHiddenWhenItIsCalledLikeASecretAndIsNoPathAndNoSentence(String name, String value, String expected) {
        assertEquals(expected, ensure_ready.Redaction.of(Map.of(), Map.of(name, value)).clean(value));
    }

    @Test
    void theLongerOfTwoValuesIsHiddenWhole() {
        var redaction = ensure_ready.Redaction.of(Map.of("a#a", "zq9x7w", "a#b", "zq9x7w4k5m"), Map.of());
        assertEquals("[REDACTED:secret/a#b] [REDACTED:secret/a#a][REDACTED:secret/a#b]", redaction.clean("zq9x7w4k5m zq9x7wzq9x7w4k5m"));
        assertEquals(3, redaction.known());
    }

    @Test
    void aShortTextAndNoneStayAsTheyAre() {
        assertEquals("zq9", ensure_ready.Redaction.of(Map.of("a#b", "zq9"), Map.of()).clean("zq9"));
        assertNull(ensure_ready.Redaction.of(Map.of(), Map.of()).clean((String) null));
    }

    @Test
    void everyTextOfATreeIsCleanedButForItsNamesAndOurWords() {
        var json = new ObjectMapper().readTree("""
            {"message": "got zq9x7w", "code": "zq9x7w", "zq9x7w": 1234567, "list": [{"text": "zq9x7w"}, 5, true],
             "lines": ["a zq9", "x7w", "wrapped: abcdef", "gh9012"], "mixed": ["zq9x7w\\nb", "zq9x7w"], "one": ["zq9x7w"], "none": [], \
            "nil": null}
            """);
        assertEquals("{'message':'got *','code':'zq9x7w','zq9x7w':1234567,'list':[{'text':'*'},5,true],"
            + "'lines':['a zq9','x7w','wrapped: *',''],'mixed':['*\\nb','*'],'one':['*'],'none':[],'nil':null}",
            ensure_ready.Redaction.of(Map.of("a#b", "zq9x7w", "a#c", "abcdefgh9012"), Map.of()).clean(json).toString().replace('"', '\'')
                .replaceAll("\\[REDACTED:secret/a#[bc]\\]", "*"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        aB3dE5gH1jK2mN4paB3dE5gH1jK2mN4p         | 0 | as many different characters as English has
        aB3dE5gH1jK2mN4paB3dE5gH1jK2mN4q         | 1 | one more
        aB3dE5gH1jK2mN4pR6s_tU7vW8xY9zC0         | 0 | pieces of less than twenty
        aB3dE5gH1jK2mN4pR6st_U7vW8xY9zC0         | 1 | a piece of twenty
        ab3de5gh1jk2mn4pr6stu7vw8xy9zc0q         | 0 | without capitals
        0f1e2d3c4b5a69788796a5b4c3d2e1f0         | 1 | hex
        sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f0  | 0 | a digest
        aB3dE5gH1jK2mN4pR6sT7uV8wX9yZ0c          | 0 | thirty-one
        """)
    void aLongTextThatLooksRandomIsHiddenAndCounted(String text, int hidden, String why) {
        var redaction = ensure_ready.Redaction.of(Map.of(), Map.of());
        assertEquals(hidden == 1 ? "key [REDACTED:pattern]" : "key " + text, redaction.clean("key " + text), why);
        assertEquals(hidden, redaction.pattern());
        assertEquals("key " + text, ensure_ready.Redaction.of(Map.of(), Map.of(), Set.of(text)).clean("key " + text), "a name to keep");
    }

    @Test
    void aMarkThatStoodThereBeforeIsNotCounted() {
        var redaction = ensure_ready.Redaction.of(Map.of(), Map.of());
        assertEquals("[REDACTED:pattern] password=[REDACTED:pattern]", redaction.clean("[REDACTED:pattern] password=xyzzy1"));
        assertEquals(1, redaction.pattern());
    }

    @Test
    void theMarkOfASecretIsOneWord() {
        assertEquals("[REDACTED:secret/ab#c]", ensure_ready.Redaction.of(Map.of("a b#c]", "zq9x7w"), Map.of()).clean("zq9x7w"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        abcdefgh  | abcdefgh YWJjZGVmZ2g 6162636465666768 YWJjZGVmZ2 FiY2RlZmdo hYmNkZWZna
        abcdefg   | abcdefg YWJjZGVmZw
        abc?efgh> | abc?efgh> abc?efgh\\u003e abc%3Fefgh%3E YWJjP2VmZ2g+ YWJjP2VmZ2g- 6162633f656667683e FiYz9lZmdoP hYmM/ZWZnaD hYmM_ZWZnaD
        a"b c%2Bd | a"b_c%2Bd a\\"b_c%2Bd a%22b+c%252Bd a%22b%20c%252Bd a"b_c+d YSJiIGMlMkJk 612262206325324264 EiYiBjJTJCZ hImIgYyUyQm
        a%zz      | a%zz a%25zz YSV6eg
        """)
    void aValueTravelsInTheseForms(String value, String forms) {
        var found = ensure_ready.Disguises.of(value).stream().map(f -> f.replace(' ', '_')).toList();
        assertEquals(forms, String.join(" ", found));
        assertEquals(Set.of(), ensure_ready.Disguises.of("  "));
    }
}
