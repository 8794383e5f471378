package vn.luutru.es;

import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

import java.util.List;
import java.util.function.Supplier;

/** {@code GET /} and {@code HEAD /} as every Elasticsearch answers them: clients ask here who they are talking to. */
final class RootEndpoint extends BaseRestHandler {
    private final Supplier<ClusterService> cluster;

    RootEndpoint(Supplier<ClusterService> cluster) {
        this.cluster = cluster;
    }

    @Override
    public String getName() {
        return "main_action";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
        return channel -> {
            ClusterService service = cluster.get();
            Build build = Build.current();
            try (XContentBuilder x = channel.newBuilder()) {
                x.startObject();
                x.field("name", service.getNodeName());
                x.field("cluster_name", service.getClusterName().value());
                x.field("cluster_uuid", service.state().metadata().clusterUUID());
                x.startObject("version");
                x.field("number", build.qualifiedVersion());
                x.field("build_flavor", build.flavor());
                x.field("build_type", build.type().displayName());
                x.field("build_hash", build.hash());
                x.field("build_date", build.date());
                x.field("build_snapshot", build.isSnapshot());
                x.field("lucene_version", IndexVersion.current().luceneVersion().toString());
                x.field("minimum_wire_compatibility_version", build.minWireCompatVersion());
                x.field("minimum_index_compatibility_version", build.minIndexCompatVersion());
                x.endObject();
                x.field("tagline", "You Know, for Search");
                x.endObject();
                channel.sendResponse(new RestResponse(RestStatus.OK, x));
            }
        };
    }
}
