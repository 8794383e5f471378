package vn.luutru.launch;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One Elasticsearch node in this JVM: {@code Launcher ES_HOME CONF_DIR}. Ends with the node closed on SIGTERM, and with
 * exit status 1 when the node cannot start. Unlike {@code bin/elasticsearch} it also runs as root (containers).
 */
public final class Launcher {
    private Launcher() {}

    public static void main(String[] args) {
        try {
            Node node = prepare(Path.of(args[0]).toAbsolutePath(), Path.of(args[1]).toAbsolutePath());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node), "close-node"));
            node.start();
            Thread.currentThread().join();
        } catch (Throwable e) {
            e.printStackTrace();
            // threads of a half-made node would keep the JVM alive and its caller waiting
            Runtime.getRuntime().halt(1);
        }
    }

    private static Node prepare(Path home, Path conf) throws Exception {
        LogConfigurator.configureESLogging();
        LogConfigurator.registerErrorListener();
        Environment env = InternalSettingsPreparer.prepareEnvironment(
            Settings.EMPTY, Map.of("path.home", home.toString()), conf, () -> "luutru");
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(env.settings()));
        LogConfigurator.setClusterName(env.settings().get("cluster.name", "elasticsearch"));
        LogConfigurator.configure(env, true);
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(env.modulesDir(), false),
            PluginsLoader.loadPluginsBundles(env.pluginsDir(), false),
            Map.of());
        return new Node(env, plugins);
    }

    private static void close(Node node) {
        try {
            node.prepareForClose();
            node.close();
            node.awaitClose(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            e.printStackTrace();
        }
    }
}
