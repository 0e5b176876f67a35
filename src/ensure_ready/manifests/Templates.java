package ensure_ready.manifests;

import ensure_ready.command.Options;
import ensure_ready.slots.Target;
import freemarker.core.InvalidReferenceException;
import freemarker.core.ParseException;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine;

/** FreeMarker with nothing but data in reach: no classes, no evaluation, an undefined variable is an error with its line. */
public final class Templates {
    private Templates() { }

    static String render(Path file, Map<String, Object> data) throws IOException, TemplateException {
        var settings = new Configuration(Configuration.VERSION_2_3_33);
        settings.setDirectoryForTemplateLoading(file.toAbsolutePath().getParent().toFile());
        settings.setDefaultEncoding("UTF-8");
        settings.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        settings.setLogTemplateExceptions(false);
        settings.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        settings.setNumberFormat("c");
        settings.setBooleanFormat("c");
        var out = new StringWriter();
        settings.getTemplate(file.getFileName().toString()).process(data, out);
        return out.toString();
    }

    /** {@code deploy/web.yaml.ftl:7: undefined variable tag}. */
    static String sentence(Path file, Exception e) {
        if (e instanceof InvalidReferenceException missing) {
            return file + ":" + missing.getLineNumber() + ": undefined variable " + missing.getBlamedExpressionString();
        }
        if (e instanceof TemplateException broken) {
            return file + ":" + broken.getLineNumber() + ": " + first(broken.getMessageWithoutStackTop());
        }
        return e instanceof ParseException syntax ? file + ":" + syntax.getLineNumber() + ": " + first(syntax.getEditorMessage())
            : file + ": " + first(e.getMessage());
    }

    private static String first(String text) {
        return text == null ? "" : text.lines().findFirst().orElse("");
    }

    /** Renders once with a slot's facts as they would be, so that a typing mistake is told before anything is touched. */
    public static void check(CommandLine command, Path path, Options o) {
        var facts = o.facts(new Target(o.slot.env, 1, "namespace", o.slot.issue, o.slot.pr, false));
        try {
            for (var file : Files.isDirectory(path) ? Manifests.files(path) : List.of(path)) {
                if (file.toString().endsWith(".ftl")) {
                    check(command, file, facts);
                }
            }
        } catch (IOException e) {
            throw new ParameterException(command, path + ": cannot be read: " + e.getMessage());
        }
    }

    public static void check(CommandLine command, Path file, Map<String, Object> facts) throws IOException {
        try {
            render(file, facts);
        } catch (TemplateException | ParseException e) {
            throw new ParameterException(command, sentence(file, e));
        }
    }
}
