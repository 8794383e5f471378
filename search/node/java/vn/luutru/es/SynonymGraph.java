package vn.luutru.es;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.synonym.SolrSynonymParser;
import org.apache.lucene.analysis.synonym.SynonymGraphFilter;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.IndexService.IndexCreationContext;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.CustomAnalyzer;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;

import java.io.IOException;
import java.io.StringReader;
import java.text.ParseException;
import java.util.List;
import java.util.function.Function;

/** {@code synonym_graph} with inline rules in Solr's form, read with the part of the chain that stands before it. */
final class SynonymGraph extends AbstractTokenFilterFactory {
    private final Settings settings;

    SynonymGraph(String name, Settings settings) {
        super(name);
        this.settings = settings;
    }

    @Override
    public TokenStream create(TokenStream in) {
        throw new IllegalStateException("the rules of [" + name() + "] cannot be read outside a chain");
    }

    @Override
    public TokenFilterFactory getChainAwareTokenFilterFactory(
        IndexCreationContext context, TokenizerFactory tokenizer, List<CharFilterFactory> charFilters,
        List<TokenFilterFactory> previous, Function<String, TokenFilterFactory> all
    ) {
        SynonymMap map;
        try (Analyzer chain = new CustomAnalyzer(
            tokenizer,
            charFilters.toArray(CharFilterFactory[]::new),
            previous.stream().map(TokenFilterFactory::getSynonymFilter).toArray(TokenFilterFactory[]::new)
        )) {
            SolrSynonymParser parser = new SolrSynonymParser(true, settings.getAsBoolean("expand", true), chain);
            parser.parse(new StringReader(String.join("\n", settings.getAsList("synonyms"))));
            map = parser.build();
        } catch (IOException | ParseException e) {
            throw new IllegalArgumentException("the synonyms of [" + name() + "] cannot be read", e);
        }
        return new TokenFilters.Plain(name(), in -> map.fst == null ? in : new SynonymGraphFilter(in, map, false));
    }
}
