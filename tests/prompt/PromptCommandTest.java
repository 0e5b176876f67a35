import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @Nested
    class AsAProcess {

        @Test
        void stdoutIsExactlyThePromptWhateverTheLocale() {
            var result = Cli.of("prompt_run").env("LC_ALL", "POSIX").env("GITHUB_EVENT_PATH", Cli.fixture("events/labeled.json").toString())
                .run("--kind", "dev_issue", "--lang", "ru", "--print");
            assertEquals(0, result.exit(), result.toString());
            assertTrue(result.out().startsWith("# Реализовать задачу\n"), result.out());
            assertTrue(result.out().endsWith("}\n```\n"), result.out());
            assertEquals("", result.err());
        }

        @Test
        void stdoutIsExactlyOneJsonObjectWhenAsked() throws IOException {
            var result = Cli.of("prompt_run")
                .run("--kind", "plan_issue", "--issue", "42", "--print", "--output", "json", "--infra-unhealthy=yes");
            var json = JSON.readTree(result.out());
            assertEquals("plan_issue", json.path("kind").asString(""));
            assertTrue(json.path("infraUnhealthy").asBoolean(false));
            assertTrue(json.path("prompt").asString("").startsWith("# Plan an issue"));
        }

        @Test
        void aMistakeIsOneLineOnStderrAndNothingOnStdout() {
            var result = Cli.of("prompt_run").run("--kind", "dev_isue", "--print");
            assertEquals(2, result.exit());
            assertEquals("", result.out());
            assertEquals("prompt_run: --kind dev_isue: no such kind; accepted: dev_issue, plan_issue, repair_issue, dev_review, "
                + "plan_review, repair_review, repair_plan\n", result.err());
        }
    }

    @Nested
    class BadInput {

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {
            "--kind dev_issue --print --nonsense        | --nonsense",
            "--print                                    | --kind is missing; accepted: dev_issue",
            "--kind dev_issue --lang klingon            | --lang klingon: not a language; accepted: en, ru",
            "--kind dev_issue --lang en --lang ru       | --lang is given twice",
            "--kind dev_issue -n a --namespace=b        | --namespace is given twice",
            "--kind dev_issue --slot 0                  | --slot 0: not a number; accepted: 1 or more",
            "--kind dev_issue --slot -3                 | --slot -3: not a number; accepted: 1 or more",
            "--kind dev_issue --issue x                 | --issue x: not a number; accepted: 1 or more",
            "--kind dev_issue --repo shop               | --repo shop: accepted: OWNER/NAME",
            "--kind dev_issue -n Shop_Dev               | --namespace Shop_Dev: accepted: lower-case",
            "--kind dev_issue --infra-unhealthy=maybe   | --infra-unhealthy maybe: not a yes or no; accepted: 1, true, yes, on, 0, "
                + "false, no, off or empty",
            "--kind dev_issue --agent-timeout soon      | --agent-timeout soon: not a duration; accepted: 90s, 20m, 1h5m",
            "--kind dev_issue --idle-timeout 0s         | --idle-timeout 0s: not a duration; accepted: 90s, 20m, 1h5m",
            "--kind dev_issue --reasoning-effort huge   | --reasoning-effort huge: accepted: none, minimal, low, medium, high, xhigh",
            "--kind dev_issue --output xml              | --output xml: accepted: text, json",
            "--kind dev_issue --vars novalue            | --vars: \"novalue\" is not KEY=VALUE; accepted: a=1,b=2",
            "--kind dev_issue --var-file /nonexistent/v | --var-file /nonexistent/v: no such file",
            "--kind dev_issue --templates /nonexistent  | --templates /nonexistent: not a folder",
            "--kind dev_issue --templates=              | --templates : not a folder",
            "--template /nonexistent/t.ftl              | --template /nonexistent/t.ftl: no such file"})
        void isOneLineThatSaysWhatIsAccepted(String args, String message) {
            var result = PromptLab.run(Map.of(), ("--print " + args).replace("--print --print", "--print").strip().split(" +"));
            assertEquals(2, result.exit(), result.toString());
            assertEquals("", result.out());
            assertEquals(1, result.err().lines().count(), result.err());
            assertTrue(result.err().startsWith("prompt_run: ") && result.err().contains(message), result.err());
        }

        @Test
        void inTheEnvironmentIsToldByTheNameOfTheVariable() {
            for (String wrong : java.util.List.of("CODEXCTL_SLOT none: not a number",
                "INFRA_UNHEALTHY perhaps: not a yes or no", "CODEXCTL_KIND nothing: no such kind",
                "CODEXCTL_INFRA_UNHEALTHY x: not a yes", "GITHUB_REPOSITORY shop: accepted: OWNER/NAME",
                    "CODEXCTL_VARS novalue", "CODEXCTL_VAR_FILE /nonexistent/v: no such file")) {
                String[] words = wrong.replace(":", "").split(" ");
                var result = PromptLab.run(Map.of(words[0], words[1]), words[0].equals("CODEXCTL_KIND")
                    ? new String[] {"--print"} : new String[] {"--kind", "dev_issue", "--print"});
                assertEquals(2, result.exit(), result.toString());
                assertTrue(result.err().startsWith("prompt_run: "
                    + wrong.replace("CODEXCTL_VARS novalue", "CODEXCTL_VARS: \"novalue\" is not KEY=VALUE")), result.err());
            }
        }

        @Test
        void ofAnOptionIsToldByTheOptionWhateverTheVariableSays() {
            assertTrue(PromptLab.run(Map.of("CODEXCTL_SLOT", "x"), "--kind", "dev_issue", "--print", "--slot", "x")
                .err().contains("--slot x: not a number"));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"CODEXCTL_VARS | =%s", "CODEXCTL_NAMESPACE | %s", "CODEXCTL_MODEL | %s?"})
        void isToldWithoutTheSecretInIt(String variable, String value) {
            var secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
            var result = PromptLab.run(Map.of(variable, value.formatted(secret)), "--kind", "dev_issue", "--print", "-v");
            assertEquals(2, result.exit(), result.toString());
            assertTrue(result.err().contains("[REDACTED]") && !result.err().contains(secret), result.err());
            var option = PromptLab.run(Map.of(), "--kind", "dev_issue", "--tokn=" + secret, "-v");
            assertTrue(option.err().contains("--tokn") && !option.err().contains(secret), option.err());
        }

        @Test
        void showsAStackTraceOnlyWhenAsked() {
            assertFalse(PromptLab.run(Map.of(), "--kind", "x", "--print").err().contains("\n at "));
            assertTrue(PromptLab.run(Map.of(), "--kind", "x", "--print", "-v").err().contains("\n at "));
            assertTrue(PromptLab.run(Map.of(), "--nonsense", "-v").err().contains("\n at "));
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"just words | neither YAML mapping nor KEY=VALUE",
            "a: [1, | line ", "- a\\n- b | neither YAML mapping nor KEY=VALUE", "a: b: c | line 1"})
        void inAVarFileNamesTheFileAndTheLine(String content, String message) {
            Path file = PromptLab.file(folder, "vars", content.replace("\\n", "\n"));
            var result = PromptLab.run(Map.of(), "--kind", "dev_issue", "--print", "--var-file", file.toString());
            assertEquals(2, result.exit());
            assertTrue(result.err().contains(file + ":") && result.err().contains(message)
                && result.err().contains("accepted: a YAML mapping or KEY=VALUE lines"), result.err());
        }

        @Test
        void inATemplateNamesItsLine() {
            Path undefined = PromptLab.file(folder, "undefined.ftl", "one\ntwo ${missing}\n");
            assertTrue(failure(undefined).contains("template undefined.ftl, line 2: variable missing is not defined"), failure(undefined));
            Path unclosed = PromptLab.file(folder, "unclosed.ftl", "one\n<#if kind == \"x\">\ntwo\n");
            assertTrue(failure(unclosed).contains("template unclosed.ftl, line "), failure(unclosed));
            Path wrong = PromptLab.file(folder, "wrong.ftl", "\n\n${kind?number}");
            assertTrue(failure(wrong).contains("template wrong.ftl, line 3"), failure(wrong));
        }

        private String failure(Path template) {
            var result = PromptLab.run(Map.of(), "--kind", "dev_issue", "--print", "--template", template.toString());
            assertEquals(2, result.exit());
            assertEquals(1, result.err().lines().count(), result.err());
            return result.err();
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"${\"freemarker.template.utility.Execute\"?new()(\"id\")}",
            "<#assign x = \"freemarker.template.utility.ObjectConstructor\"?new()>", "${vars?api.class}", "${vars.class.name}",
            "<#include \"/etc/passwd\">", "<#include \"../secret.ftl\">"})
        void ofAHostileTemplateGetsNoClassNoReflectionAndNoFile(String template) throws IOException {
            Files.writeString(folder.resolve("secret.ftl"), "SECRET");
            Path inner = Files.createDirectories(folder.resolve("templates"));
            var result = PromptLab.run(Map.of(), "--print", "--template", PromptLab.file(inner, "t.ftl", template).toString());
            assertEquals(2, result.exit(), result.toString());
            assertFalse(result.toString().contains("root:") || result.toString().contains("SECRET"));
        }
    }

    @Nested
    class Variables {

        private String render(String template, String... args) {
            var all = new java.util.ArrayList<>(java.util.List.of("--template", PromptLab.file(folder, "t.ftl", template).toString()));
            all.addAll(java.util.List.of(args));
            return PromptLab.prompt(Map.of(), all.toArray(String[]::new));
        }

        @Test
        void stayTextAsWrittenFromEverySource() {
            Path yaml = PromptLab.file(folder, "v.yaml", "version: 1.10\nflag: yes\nnested:\n  list: [a, b]\n");
            assertEquals("1.10 yes b", render("${version} ${flag} ${nested.list[1]}", "--var-file", yaml.toString()));
            Path pairs = PromptLab.file(folder, "v.env", "# comment\nversion=1.10\nexport flag=\"yes\"\nurl=a=b\n");
            assertEquals("1.10 yes a=b", render("${version} ${flag} ${url}", "--var-file", pairs.toString()));
            assertEquals("1.10 x,y 12345", render("${version} ${list} ${n}", "--vars", "version=1.10,list=x,y,n=12345"));
        }

        @Test
        void ofTheCommandLineWinOverFiles() {
            Path file = PromptLab.file(folder, "v.env", "a=file\nb=file\n");
            assertEquals("option file", render("${a} ${b}", "--var-file", file.toString(), "--vars", "a=option"));
        }

        @Test
        void areNeverTemplatesThemselves() {
            assertEquals("${7*7} <#assign x=1>", render("${a} ${b}", "--vars", "a=${7*7},b=<#assign x=1>"));
        }

        @Test
        void cannotTakeThePlaceOfFacts() {
            assertEquals("custom 0 mine", render("${kind} ${INFRA_UNHEALTHY} ${vars.kind}", "--vars", "kind=mine,INFRA_UNHEALTHY=1"));
        }

        @Test
        void comeFromTheEnvironmentToo() {
            String template = PromptLab.file(folder, "t.ftl", "${a}").toString();
            assertEquals("1", PromptLab.prompt(Map.of("CODEXCTL_VARS", "a=1"), "--template", template));
            assertEquals("2", PromptLab.prompt(Map.of("CODEXCTL_VAR_FILE", PromptLab.file(folder, "v", "a=2").toString()),
                "--template", template));
        }
    }

    @Nested
    class Templates {

        @Test
        void ofAFolderOverrideAndAdd() {
            PromptLab.file(folder, "dev_issue_en.ftl", "mine ${issue}");
            PromptLab.file(folder, "audit_issue_de.ftl", "<#import \"common_en.ftl\" as t>Prüfung ${issue}");
            assertEquals("mine 42", PromptLab.prompt(Map.of(), "--kind", "dev_issue", "--issue", "42", "--templates", folder.toString()));
            assertEquals("Prüfung 42",
                PromptLab.prompt(Map.of(), "--kind", "audit_issue", "--lang", "de", "--issue", "42", "--templates", folder.toString()));
            assertTrue(PromptLab.run(Map.of(), "--list-kinds", "--templates", folder.toString()).out().contains("audit_issue    de"));
        }

        @Test
        void ofTheCallersOwnMayUseWhatTheKindsShare() throws IOException {
            String readme = Files.readString(Cli.root().resolve("templates/README.md"));
            String example = readme.substring(readme.indexOf("<#import"), readme.indexOf("```\n\n| variable"));
            Path own = PromptLab.file(folder, "audit_deps_en.ftl", example);
            String prompt = PromptLab.prompt(Map.of(), "--kind", "audit_deps", "--templates", own.getParent().toString(), "--issue", "42");
            assertTrue(prompt.contains("You check the dependencies of this repository.") && prompt.contains("## §rules"), prompt);
        }

        @Test
        void ofTheCallersOwnHaveFactsAndTheBlockAboutTheEnvironment() {
            Path own = PromptLab.file(folder, "own.ftl", "${issue} ${namespace} ${INFRA_UNHEALTHY}\n${infraBlock}\n${talk.opening}");
            String prompt = PromptLab.prompt(Map.of(), "--template", own.toString(),
                "--lang", "ru", "--issue", "42", "-n", "shop", "--infra-unhealthy");
            assertTrue(prompt.startsWith("42 shop 1\n**Инфраструктура этого окружения не поднялась"), prompt);
        }

        @Test
        void ofALanguageWithoutAnyFallBackToEnglishWithAWarning() {
            var result = PromptLab.run(Map.of(), "--kind", "dev_issue", "--lang", "de", "--print");
            assertEquals(0, result.exit());
            assertTrue(result.out().startsWith("# Implement an issue"));
            assertTrue(result.err().contains("warning: --lang de: no templates for it, the prompt is in English"), result.err());
        }

        @ParameterizedTest
        @CsvSource({"ru_RU.UTF-8", "RU", "ru-RU"})
        void ofALocaleAreThoseOfItsLanguage(String lang) {
            var result = PromptLab.run(Map.of("CODEXCTL_LANG", lang), "--kind", "dev_issue", "--print");
            assertTrue(result.out().startsWith("# Реализовать задачу") && result.err().isEmpty(), result.toString());
        }

        @Test
        void areListedWithTheirLanguages() {
            String list = PromptLab.run(Map.of(), "--list-kinds").out();
            PromptLab.KINDS.forEach(kind -> assertTrue(list.contains(kind) && list.contains("en ru"), list));
        }
    }

    @Nested
    class TheEvent {

        @Test
        void givesIssueRepositoryBranchAndText() {
            String prompt = PromptLab.prompt(PromptLab.event("labeled.json"), "--kind", "dev_issue");
            for (String part : java.util.List.of("`example/shop`, base branch `trunk`",
                "Issue: #42", "expected delivery date", "List<String> names = List.of(\"x\");", "author=\"ada\"")) {
                assertTrue(prompt.contains(part), part);
            }
        }

        @Test
        void isLessThanWhatIsGiven() {
            String prompt = PromptLab.prompt(PromptLab.event("labeled.json"), "--kind", "dev_issue", "--issue", "7", "--repo", "a/b");
            assertTrue(prompt.contains("Issue: #7") && prompt.contains("`a/b`") && !prompt.contains("delivery date"), prompt);
        }

        @Test
        void cannotRunCodeByItsTitle() throws IOException {
            String hostile = Files.readString(Cli.fixture("events/labeled.json"))
                .replace("Orders: show the expected delivery date", "${7*7} <#list 1..9 as x>y</#list> ${.data_model} <@t.rules/>");
            String prompt = PromptLab.prompt(Map.of("GITHUB_EVENT_PATH", PromptLab.file(folder, "e.json", hostile).toString()),
                "--kind", "dev_issue");
            assertTrue(prompt.contains("${7*7} <#list 1..9 as x>y</#list> ${.data_model} <@t.rules/>"), prompt);
        }

        @Test
        void byAStrangerGivesNoTextUnlessTheyAreAllowed() {
            var event = PromptLab.event("outsider.json");
            assertFalse(PromptLab.prompt(event, "--kind", "dev_issue").contains("It crashes"));
            assertTrue(PromptLab.prompt(event, "--kind", "dev_issue").contains("their author has no write access"));
            assertTrue(PromptLab.prompt(event, "--kind", "dev_issue", "--allow-users", "Mallory").contains("It crashes"));
            assertTrue(PromptLab.prompt(event, "--kind", "dev_issue", "--any-author").contains("access=\"none\""));
            assertTrue(PromptLab.prompt(Map.of("GITHUB_EVENT_PATH", event.get("GITHUB_EVENT_PATH"),
                "AI_ALLOWED_USERS", "[\"ada\", \"mallory\"]"), "--kind", "dev_issue").contains("It crashes"));
        }

        @Test
        void ofAReviewGivesTheReviewAndTheBranch() {
            String prompt = PromptLab.prompt(PromptLab.event("review.json"), "--kind", "dev_review");
            for (String part : java.util.List.of("Pull request: #57", "Issue: #42", "`codex/issue-42`",
                "Please keep the old endpoint working.", "source=\"review 501 changes_requested\"", "Adds the date to list and page.")) {
                assertTrue(prompt.contains(part), part + "\n" + prompt);
            }
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', value = {"{\"ref\": \"trunk\", \"repo\": null}", "{\"ref\": \"feature\", \"repo\": null}",
            "{\"ref\": \"trunk\"}", "{\"ref\": \"trunk\", \"repo\": {\"full_name\": \"example/shop\"}}"})
        void ofAReviewWhoseForkIsGoneNamesNoBranchOfOursToPushTo(String head) throws IOException {
            String review = Files.readString(Cli.fixture("events/review.json"))
                .replace("{\"ref\": \"codex/issue-42\", \"repo\": {\"full_name\": \"example/shop\"}}", head);
            String prompt = PromptLab.prompt(Map.of("GITHUB_EVENT_PATH", PromptLab.file(folder, "e.json", review).toString()),
                "--kind", "dev_review");
            assertTrue(prompt.contains("base branch `trunk`") && !prompt.contains("Your branch: `trunk`")
                && !prompt.contains("refs/heads/trunk") && !prompt.contains("`feature`"), prompt);
        }

        @Test
        void isTheBaseUnlessAnotherIsGivenAndWithoutBothNoneIsAssumed() {
            assertTrue(PromptLab.prompt(PromptLab.event("labeled.json"), "--kind", "dev_issue", "--base", "release/2")
                .contains("base branch `release/2`"));
            assertTrue(PromptLab.prompt(Map.of("CODEXCTL_BASE", "next"), "--kind", "dev_issue", "--repo", "a/b")
                .contains("base branch `next`"));
            String unknown = PromptLab.prompt(Map.of(), "--kind", "dev_issue", "--repo", "a/b");
            assertFalse(unknown.contains("base branch `") || unknown.contains("origin/main") || unknown.contains("--base"), unknown);
            assertTrue(PromptLab.run(Map.of("CODEXCTL_BASE", "--x"), "--kind", "dev_issue", "--print")
                .err().startsWith("prompt_run: CODEXCTL_BASE --x: accepted: "));
        }

        @Test
        void isMaskedByTheNamesThatTheAgentGets() {
            var env = new java.util.HashMap<>(PromptLab.event("labeled.json"));
            env.put("LICENCE", "expected delivery");
            assertFalse(PromptLab.prompt(env, "--kind", "dev_issue", "--agent-env", "LICENCE").contains("expected delivery"));
            assertTrue(PromptLab.prompt(env, "--kind", "dev_issue").contains("expected delivery"));
        }

        @ParameterizedTest
        @CsvSource({"'not JSON'", "'[]'", "''", "'{\"issue\": 5, \"repository\": []}'"})
        void thatIsBrokenLeavesThePromptWithoutIt(String content) {
            var result = PromptLab.run(Map.of("GITHUB_EVENT_PATH", PromptLab.file(folder, "e.json", content).toString()),
                "--kind", "dev_issue", "--print");
            assertEquals(0, result.exit(), result.toString());
        }
    }

    @Nested
    class ModelAndEffort {

        private prompt_run.ModelChoice choice(Map<String, String> env, String... labels) {
            return prompt_run.ModelChoice.of(env.get("CODEXCTL_MODEL"), env.get("CODEXCTL_MODEL_REASONING_EFFORT"),
                java.util.List.of(labels), warning -> { });
        }

        @Test
        void comeFromLabels() {
            assertEquals(new prompt_run.ModelChoice("gpt-5.1-codex", "high"),
                choice(Map.of(), "bug", "[ai-model-gpt-5.1-codex]", "[ai-reasoning-high]"));
            assertEquals(new prompt_run.ModelChoice(null, "xhigh"), choice(Map.of(), "ai-reasoning-extra-high"));
        }

        @Test
        void ofTheEnvironmentWinOverLabels() {
            assertEquals(new prompt_run.ModelChoice("o3", "low"),
                choice(Map.of("CODEXCTL_MODEL", "o3", "CODEXCTL_MODEL_REASONING_EFFORT", "low"),
                "[ai-model-gpt-5]", "[ai-reasoning-high]"));
        }

        @Test
        void thatALabelCannotMeanAreNotUsed() {
            assertEquals(new prompt_run.ModelChoice(null, null),
                choice(Map.of(), "[ai-reasoning-huge]", "[ai-model-a b; rm]", "[ai-modell-x]"));
        }
    }
}
