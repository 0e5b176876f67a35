package ensure_ready.manifests;

import freemarker.cache.FileTemplateLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import shared.system.TemplateEngine;

/** Manifests that are FreeMarker templates. */
public final class Templates {
    private Templates() { }

    /** Throws {@link TemplateEngine.Unfit}; a template may include others of its folder. */
    static String render(Path file, Map<String, Object> data) throws IOException {
        var engine = TemplateEngine.of(new FileTemplateLoader(file.toAbsolutePath().getParent().toFile()));
        return TemplateEngine.render(engine, file.getFileName().toString(), data);
    }

    /** {@code undefined variable tag}; file and line stand beside it. */
    static String sentence(TemplateEngine.Unfit e) {
        return e.undefined.isEmpty() ? e.getMessage() : "undefined variable " + e.undefined;
    }
}
