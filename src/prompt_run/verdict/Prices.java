package prompt_run.verdict;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Optional;

/** What a million tokens cost, in whatever currency: of input, of input from a cache (a part of the input), of output. */
public record Prices(BigDecimal input, BigDecimal cached, BigDecimal output) {

    /** As {@code 1.25,0.125,10}; empty for anything else. */
    public static Optional<Prices> of(String text) {
        var parts = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        return parts.size() == 3 && parts.stream().allMatch(p -> p.matches("\\d{1,6}(\\.\\d{1,6})?"))
            ? Optional.of(new Prices(new BigDecimal(parts.get(0)), new BigDecimal(parts.get(1)), new BigDecimal(parts.get(2))))
            : Optional.empty();
    }

    /** Rounded up to the hundredth: a run that used anything is not free. */
    public BigDecimal cost(Usage usage) {
        long fromCache = Math.min(usage.cached(), usage.input());
        return input.multiply(BigDecimal.valueOf(usage.input() - fromCache)).add(cached.multiply(BigDecimal.valueOf(fromCache)))
            .add(output.multiply(BigDecimal.valueOf(usage.output()))).movePointLeft(6).setScale(2, RoundingMode.UP);
    }
}
