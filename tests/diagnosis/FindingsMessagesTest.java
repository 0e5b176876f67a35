//FILES messages/image.txt=../fixtures/messages/image.txt
//FILES messages/volume.txt=../fixtures/messages/volume.txt
//FILES messages/start.txt=../fixtures/messages/start.txt
//FILES messages/create.txt=../fixtures/messages/create.txt
//FILES messages/claim.txt=../fixtures/messages/claim.txt
//FILES messages/apply.txt=../fixtures/messages/apply.txt
//FILES messages/log.txt=../fixtures/messages/log.txt
//FILES messages/schedule.txt=../fixtures/messages/schedule.txt
//FILES messages/evicted.txt=../fixtures/messages/evicted.txt
//FILES messages/scheduler.txt=../fixtures/messages/scheduler.txt
//FILES messages/node.txt=../fixtures/messages/node.txt

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.api.Test;

/** Walks the corpus of texts of many versions: the same words mean the same code, and ? means that no row may claim them. */
class FindingsMessagesTest {

    @ParameterizedTest
    @EnumSource(ensure_ready.Messages.Topic.class)
    void everyTextOfTheCorpusHasItsCode(ensure_ready.Messages.Topic topic) throws IOException {
        walk(topic.name().toLowerCase(Locale.ROOT), text -> ensure_ready.Messages.code(topic, text).map(Enum::name).orElse("?"));
    }

    @ParameterizedTest
    @EnumSource(ensure_ready.Messages.Topic.class)
    void lettersMayBeWrittenInAnyCase(ensure_ready.Messages.Topic topic) throws IOException {
        if (topic != ensure_ready.Messages.Topic.LOG) {
            walk(topic.name().toLowerCase(Locale.ROOT), text -> ensure_ready.Messages.code(topic, text.toLowerCase(Locale.ROOT))
                .map(Enum::name).orElse("?"));
        }
    }

    @Test
    void everySentenceOfTheSchedulerHasItsCode() throws IOException {
        var nothing = new ensure_ready.Snapshot("shop", Instant.EPOCH, Map.of(), List.of(), Map.of(), List.of());
        walk("schedule", text -> ensure_ready.Scheduling.code(text, new ensure_ready.Obj(MissingNode.getInstance()), nothing).name());
    }

    private static void walk(String file, Function<String, String> code) throws IOException {
        var wrong = new ArrayList<String>();
        var lines = lines(file);
        for (var line : lines) {
            var cut = line.indexOf(' ');
            var text = line.substring(cut + 1).replace("\\n", "\n");
            var got = code.apply(text);
            if (!got.equals(line.substring(0, cut))) {
                wrong.add(got + " instead of " + line);
            }
        }
        assertTrue(lines.size() >= 10, file);
        assertEquals(List.of(), wrong);
    }

    private static List<String> lines(String file) throws IOException {
        try (var in = FindingsMessagesTest.class.getResourceAsStream("/messages/" + file + ".txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
        }
    }
}
