package vn.luutru.es;

import com.ibm.icu.text.FilteredNormalizer2;
import com.ibm.icu.text.Normalizer2;
import com.ibm.icu.text.UnicodeSet;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.icu.ICUFoldingFilter;
import org.apache.lucene.analysis.icu.ICUNormalizer2Filter;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

import java.util.function.UnaryOperator;

/** Token filters made of one function over the stream. */
final class TokenFilters {
    private TokenFilters() {}

    static AnalysisProvider<TokenFilterFactory> of(UnaryOperator<TokenStream> operator) {
        return (index, env, name, settings) -> new Plain(name, operator);
    }

    /** {@code icu_folding}, with the {@code unicode_set_filter} it has in analysis-icu; also usable in a normalizer. */
    static AnalysisProvider<TokenFilterFactory> folding() {
        return (index, env, name, settings) -> {
            String set = settings.get("unicode_set_filter");
            Normalizer2 normalizer = set == null
                ? ICUFoldingFilter.NORMALIZER
                : new FilteredNormalizer2(ICUFoldingFilter.NORMALIZER, new UnicodeSet(set).freeze());
            return new Normalizing(name, in -> new ICUNormalizer2Filter(in, normalizer));
        };
    }

    static class Plain extends AbstractTokenFilterFactory {
        private final UnaryOperator<TokenStream> operator;

        Plain(String name, UnaryOperator<TokenStream> operator) {
            super(name);
            this.operator = operator;
        }

        @Override
        public TokenStream create(TokenStream in) {
            return operator.apply(in);
        }
    }

    private static final class Normalizing extends Plain implements NormalizingTokenFilterFactory {
        Normalizing(String name, UnaryOperator<TokenStream> operator) {
            super(name, operator);
        }

        @Override
        public TokenStream normalize(TokenStream in) {
            return create(in);
        }
    }
}
