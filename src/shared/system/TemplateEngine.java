package shared.system;

import freemarker.cache.TemplateLoader;
import freemarker.core.InvalidReferenceException;
import freemarker.core.ParseException;
import freemarker.core.PlainTextOutputFormat;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.SimpleObjectWrapper;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateNotFoundException;
import java.io.IOException;
import java.io.Writer;
import java.util.Locale;
import java.util.Map;

/**
 * FreeMarker with nothing but data in reach: maps, lists and text; no Java object, no class, no template made of data. An undefined
 * variable is an error with its line, and equal data give equal bytes whatever the machine's language.
 */
public final class TemplateEngine {
    public static Configuration of(TemplateLoader loader) {
        System.setProperty("org.freemarker.loggerLibrary", "none");
        var engine = new Configuration(Configuration.VERSION_2_3_34);
        engine.setTemplateLoader(loader);
        engine.setLocalizedLookup(false);
        engine.setDefaultEncoding("UTF-8");
        engine.setLocale(Locale.ROOT);
        engine.setNumberFormat("c");
        engine.setBooleanFormat("c");
        engine.setOutputFormat(PlainTextOutputFormat.INSTANCE);
        engine.setObjectWrapper(new SimpleObjectWrapper(Configuration.VERSION_2_3_34));
        engine.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        engine.setAPIBuiltinEnabled(false);
        engine.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        engine.setLogTemplateExceptions(false);
        engine.setWrapUncheckedExceptions(true);
        return engine;
    }

    /** Throws {@link Unfit} whatever is wrong: the template, its data, or the file that holds it. */
    public static String render(Configuration engine, String name, Map<String, Object> data) {
        try {
            var out = new Limited();
            template(engine, name).process(data, out);
            return out.text.toString();
        } catch (InvalidReferenceException e) {
            throw new Unfit(e.getTemplateSourceName(), e.getLineNumber(), e.getBlamedExpressionString(), "", e);
        } catch (TemplateException e) {
            throw new Unfit(e.getTemplateSourceName(), e.getLineNumber(), "", first(e.getMessageWithoutStackTop()), e);
        } catch (IOException e) {
            throw new Unfit(name, 0, "", "cannot be read: " + TextFile.reason(e), e);
        }
    }

    private static Template template(Configuration engine, String name) throws IOException {
        try {
            return engine.getTemplate(name);
        } catch (ParseException e) {
            throw new Unfit(e.getTemplateName(), e.getLineNumber(), "", first(e.getEditorMessage()), e);
        } catch (TemplateNotFoundException e) {
            throw new Unfit(e.getTemplateName(), 0, "", "not found", e);
        }
    }

    private static String first(String text) {
        return text == null ? "fails" : text.lines().findFirst().orElse("fails");
    }

    /** A template without an end must not fill the memory. */
    private static final class Limited extends Writer {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void write(char[] part, int from, int count) throws IOException {
            if (text.length() + count > TextFile.LARGEST) {
                throw new IOException("it gives more than 32 MiB");
            }
            text.append(part, from, count);
        }

        @Override
        public void flush() { }

        @Override
        public void close() { }
    }

    /**
     * A template that cannot be rendered. {@code line} is 0 where it is not known, {@code undefined} empty unless a variable is missing.
     */
    public static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1;
        public final String template;
        public final int line;
        public final String undefined;

        Unfit(String template, int line, String undefined, String why, Exception cause) {
            super(why, cause);
            this.template = template;
            this.line = line;
            this.undefined = undefined;
        }
    }
}
