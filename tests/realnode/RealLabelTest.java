import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** From the label to the pull request, on real containers: only the model and GitHub are played. */
@Tag("cluster")
class RealLabelTest {
    private static final String MISSING = "image: registry.test:5000/lab/app:9";

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> everyLabelEndsInWhatItPromises() {
        RealNode node = RealNode.shared();
        return Stream.of(
            story(node, "a missing image is repaired, and the agent's branch brings the environment up", "alimentor", MISSING, shop -> {
                delivered(shop, "IMAGE_NOT_FOUND");
                assertTrue(shop.run.pushed(shop.branch(), "deploy/web.yaml").contains("registry.test:5000/lab/app:1"));
            }),
            story(node, "a crash is repaired in what is rendered, and in the slot by the agent's own rights", "project-example",
                "command: [lab, serv]", shop -> {
                    delivered(shop, "CRASH_APP_ERROR");
                    assertTrue(shop.run.pushed(shop.branch(), "services.yaml").contains("[lab, serve]"));
                    assertTrue(shop.model.seen().get(1).contains("deployment.apps/web serverside-applied"), shop.model.seen().toString());
                }),
            story(node, "a healthy slot leaves the agent to the issue", "project-example", "", RealLabelTest::implemented),
            story(node, "a healthy slot on GitHub's runner, too", "alimentor", "", RealLabelTest::implemented),
            story(node, "a plan for a broken slot begins with its repair and pushes nothing", "alimentor", MISSING, RealLabelTest::planned),
            story(node, "a plan for what a renderer prints, too", "project-example", MISSING, RealLabelTest::planned)).toList().stream();
    }

    private interface Story {
        void tell(RealShop shop) throws IOException;
    }

    /** All of them at once, each with a repository, an issue and a slot of its own. */
    private DynamicTest story(RealNode node, String name, String consumer, String web, Story story) {
        return RealNodeLab.begin(consumer + ": " + name, () -> {
            try (var shop = new RealShop(node, consumer, Files.createTempDirectory(folder, consumer)).with(web)) {
                story.tell(shop);
            }
        });
    }

    /** The agent was told what is broken, repaired it in its branch, and what came back makes the environment ready. */
    private static void delivered(RealShop shop, String cause) throws IOException {
        label(shop, "dev");
        assertEquals(cause + " web", shop.artifact("ready.json").at("/causes/0/code").asString("") + " "
            + shop.artifact("ready.json").at("/causes/0/object/name").asString(""));
        assertTrue(shop.model.prompt().contains("`INFRA_UNHEALTHY=1`") && shop.model.prompt().contains(cause), shop.model.prompt());
        assertEquals(List.of("Bearer sk-agentKey"), shop.model.keys());
        assertFalse(shop.model.seen().toString().contains(WorkflowRun.TOKEN));
        assertEquals("succeeded deploy", shop.artifact("result.json").path("status").asString("") + " "
            + shop.artifact("result.json").path("agentTarget").asString(""));
        assertEquals(shop.branch(), shop.run.github.pulls.get(0).at("/head/ref").asString(""));
        assertTrue(shop.run.github.pulls.get(0).path("body").asString("").contains("Готово: web."), shop.run.github.pulls.toString());
        assertEquals("ready", shop.applied(shop.branch()).path("outcome").asString(""));
    }

    private static void implemented(RealShop shop) throws IOException {
        label(shop, "dev");
        assertTrue(shop.artifact("ready.json").path("infraReady").asBoolean(false));
        assertTrue(shop.model.prompt().contains("`INFRA_UNHEALTHY=0`"), shop.model.prompt());
        assertEquals("tables\n", shop.run.pushed(shop.branch(), "schema.sql"));
        assertEquals(1, shop.run.github.pulls.size());
    }

    private static void planned(RealShop shop) throws IOException {
        label(shop, "plan");
        assertTrue(shop.model.prompt().contains("`INFRA_UNHEALTHY=1`"), shop.model.prompt());
        assertEquals("Сначала починить web.", shop.run.github.comments.get(1));
        assertEquals(List.of("main"), shop.run.branches());
        assertTrue(shop.run.github.pulls.isEmpty());
    }

    private static void label(RealShop shop, String mode) throws IOException {
        var result = shop.run.label(mode);
        assertEquals(0, result.exit(), () -> shop.model.prompt() + result.log());
    }
}
