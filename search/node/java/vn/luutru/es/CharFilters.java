package vn.luutru.es;

import com.ibm.icu.text.Normalizer2;

import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.icu.ICUNormalizer2CharFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractCharFilterFactory;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

import java.io.Reader;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Character filters, all of them usable in a normalizer. */
final class CharFilters {
    private CharFilters() {}

    /** {@code icu_normalizer} with {@code name} (nfc, nfkc, nfkc_cf) and {@code mode} (compose, decompose). */
    static AnalysisProvider<CharFilterFactory> normalizer() {
        return of(settings -> {
            boolean decompose = "decompose".equals(settings.get("mode", "compose"));
            Normalizer2 normalizer = Normalizer2.getInstance(
                null, settings.get("name", "nfkc_cf"), decompose ? Normalizer2.Mode.DECOMPOSE : Normalizer2.Mode.COMPOSE);
            return in -> new ICUNormalizer2CharFilter(in, normalizer);
        });
    }

    /** {@code mapping} with inline {@code mappings}, each {@code from => to}. */
    static AnalysisProvider<CharFilterFactory> mapping() {
        return of(settings -> {
            NormalizeCharMap.Builder builder = new NormalizeCharMap.Builder();
            for (String rule : settings.getAsList("mappings")) {
                String[] sides = rule.split("=>", 2);
                if (sides.length != 2 || sides[0].isBlank()) {
                    throw new IllegalArgumentException("not a mapping of the form [from => to]: [" + rule + "]");
                }
                builder.add(sides[0].strip(), sides[1].strip());
            }
            NormalizeCharMap map = builder.build();
            return in -> new MappingCharFilter(map, in);
        });
    }

    private static AnalysisProvider<CharFilterFactory> of(Function<Settings, UnaryOperator<Reader>> make) {
        return (index, env, name, settings) -> new Normalizing(name, make.apply(settings));
    }

    private static final class Normalizing extends AbstractCharFilterFactory implements NormalizingCharFilterFactory {
        private final UnaryOperator<Reader> operator;

        Normalizing(String name, UnaryOperator<Reader> operator) {
            super(name);
            this.operator = operator;
        }

        @Override
        public Reader create(Reader in) {
            return operator.apply(in);
        }
    }
}
