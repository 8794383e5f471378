import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.ReleaseDetails;
import org.verapdf.features.FeatureFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.metadata.fixer.FixerFactory;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.validators.ValidatorConfig;
import org.verapdf.pdfa.validation.validators.ValidatorConfigBuilder;
import org.verapdf.processor.ItemProcessor;
import org.verapdf.processor.ProcessorConfig;
import org.verapdf.processor.ProcessorFactory;
import org.verapdf.processor.ProcessorResult;
import org.verapdf.processor.TaskResult;
import org.verapdf.processor.TaskType;
import org.verapdf.processor.plugins.PluginsCollectionConfig;
import org.verapdf.processor.reports.Check;
import org.verapdf.processor.reports.Reports;
import org.verapdf.processor.reports.RuleSummary;
import org.verapdf.processor.reports.ValidationReport;

/**
 * Judges one PDF a line, in order, by veraPDF, under the flavour the line names.
 *
 * <p>In: {"id": 1, "path": "/absolute/file.pdf", "flavour": "2u"}. Out: one JSON line with the same id and path and a status: ok (then
 * "results"), encrypted, unparseable, stack_overflow, no_file, or error. "last": true says that this process should not be asked again. Exit
 * status 3 means the heap ran out (-XX:+ExitOnOutOfMemoryError): no verdict is ever given after that. Deadlines are the parent's; when the
 * parent is gone (end of standard input) the process stops at once, in the midst of a document too.
 */
public final class VeraWorker {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long STACK_BYTES = Long.getLong("vera.stack", 16L << 20);
  private static final int TEXT_LIMIT = 400;

  private VeraWorker() {}

  public static void main(String[] arguments) throws Exception {
    OutputStream answers = new FileOutputStream(FileDescriptor.out);
    System.setOut(System.err); // Nothing but answers may reach the channel, whatever a library prints.
    Logger.getLogger("").setLevel(Level.SEVERE);
    VeraGreenfieldFoundryProvider.initialise();
    BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    // One validating thread for life: veraPDF keeps its compiled rules for each thread, and its stack must be ours to size. The main thread
    // only reads, so that the end of input is seen while a document is being judged.
    Thread validator = new Thread(null, () -> serve(requests, answers), "validator", STACK_BYTES);
    validator.setDaemon(true);
    send(answers, hello());
    validator.start();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = input.readLine()) != null; ) {
      requests.add(line);
    }
    if (Boolean.getBoolean("vera.orderly")) { // While a class-data archive is being recorded, which halt() would skip.
      while (!requests.isEmpty() || busy) {
        Thread.sleep(5);
      }
      System.exit(0);
    }
    Runtime.getRuntime().halt(0);
  }

  private static volatile boolean busy;

  private static ObjectNode hello() {
    ObjectNode hello = JSON.createObjectNode().put("ready", true).put("pid", ProcessHandle.current().pid());
    ObjectNode versions = hello.putObject("versions");
    for (ReleaseDetails details : ReleaseDetails.getDetails()) {
      versions.put(details.getId().equals("core") ? "veraPDF" : "veraPDF " + details.getId(), details.getVersion());
    }
    versions.put("java", Runtime.version().toString());
    return hello;
  }

  private static void serve(BlockingQueue<String> requests, OutputStream answers) {
    try {
      while (true) {
        busy = false;
        String line = requests.take();
        busy = true;
        send(answers, answer(line));
      }
    } catch (IOException | InterruptedException gone) {
      Runtime.getRuntime().halt(1);
    }
  }

  private static ObjectNode answer(String line) {
    ObjectNode answer = JSON.createObjectNode();
    long started = System.nanoTime();
    try {
      JsonNode request = JSON.readTree(line);
      answer.set("id", request.get("id"));
      judge(request, answer);
    } catch (StackOverflowError error) {
      answer.put("status", "stack_overflow").put("last", true);
    } catch (Throwable error) {
      boolean overflow = causedByStackOverflow(error);
      answer.put("status", overflow ? "stack_overflow" : "error").put("last", true).put("message", described(error));
    }
    return answer.put("seconds", (System.nanoTime() - started) / 1e9);
  }

  private static void judge(JsonNode request, ObjectNode answer) throws Exception {
    File file = new File(request.path("path").asText());
    answer.put("path", file.getPath());
    if (!file.isFile() || !file.canRead()) {
      answer.put("status", "no_file");
      return;
    }
    PDFAFlavour flavour = PDFAFlavour.byFlavourId(request.path("flavour").asText());
    if (flavour == PDFAFlavour.NO_FLAVOUR) { // Never let veraPDF guess: its guess has been a false pass.
      throw new IllegalArgumentException("unknown flavour " + request.path("flavour"));
    }
    try (ItemProcessor processor = ProcessorFactory.createProcessor(configuration(flavour))) {
      describe(processor.process(file), answer);
    }
  }

  private static ProcessorConfig configuration(PDFAFlavour flavour) {
    ValidatorConfig validation = new ValidatorConfigBuilder().flavour(flavour).recordPasses(false).maxFails(-1)
        .showErrorMessages(true).maxNumberOfDisplayedFailedChecks(1).build();
    return ProcessorFactory.fromValues(validation, FeatureFactory.defaultConfig(), PluginsCollectionConfig.defaultConfig(),
        FixerFactory.defaultConfig(), EnumSet.of(TaskType.VALIDATE));
  }

  private static void describe(ProcessorResult result, ObjectNode answer) {
    String status = "ok";
    for (TaskResult task : result.getResultSet()) {
      if (task.getException() != null) {
        boolean overflow = causedByStackOverflow(task.getException());
        status = overflow ? "stack_overflow" : "error";
        answer.put("message", described(task.getException())).put("last", overflow);
      }
    }
    if (!result.isPdf()) {
      status = "unparseable";
    }
    if (result.isEncryptedPdf()) {
      status = "encrypted";
    }
    if (result.isOutOfMemory()) {
      status = "out_of_memory";
      answer.put("last", true);
    }
    answer.put("status", status);
    TaskResult validation = result.getResultForTask(TaskType.VALIDATE);
    if (status.equals("ok") && validation != null && validation.isSuccess()) {
      ArrayNode results = answer.putArray("results");
      for (ValidationResult item : result.getValidationResults()) {
        describe(item, results.addObject());
      }
    }
  }

  private static void describe(ValidationResult item, ObjectNode result) {
    ValidationReport report = Reports.createValidationReport(item, false);
    result.put("flavour", item.getPDFAFlavour().getId()).put("compliant", item.isCompliant()).put("end", item.getJobEndStatus().getValue())
        .put("profile", report.getProfileName())
        .put("passed_checks", report.getDetails().getPassedChecks()).put("failed_checks", report.getDetails().getFailedChecks());
    ArrayNode rules = result.putArray("rules");
    for (RuleSummary rule : report.getDetails().getRuleSummaries()) {
      ObjectNode described = rules.addObject().put("specification", rule.getSpecification()).put("clause", rule.getClause())
          .put("test", rule.getTestNumber()).put("failed_checks", rule.getFailedChecks()).put("description", cut(rule.getDescription()));
      for (Check check : rule.getChecks()) {
        described.put("example", cut(check.getErrorMessage())).put("context", cut(check.getContext()));
        break;
      }
    }
  }

  private static boolean causedByStackOverflow(Throwable error) {
    for (int depth = 0; error != null && depth < 20; error = error.getCause(), depth++) {
      if (error instanceof StackOverflowError) {
        return true;
      }
    }
    return false;
  }

  private static String described(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (int depth = 0; error != null && depth < 5; error = error.getCause(), depth++) {
      text.append(depth > 0 ? " <- " : "").append(error.getClass().getSimpleName()).append(": ").append(error.getMessage());
    }
    return cut(text.toString());
  }

  private static String cut(String text) {
    return text == null || text.length() <= TEXT_LIMIT ? text : text.substring(0, TEXT_LIMIT) + "…";
  }

  private static void send(OutputStream answers, ObjectNode answer) throws IOException {
    byte[] line = JSON.writeValueAsBytes(answer);
    byte[] whole = java.util.Arrays.copyOf(line, line.length + 1);
    whole[line.length] = '\n';
    answers.write(whole);
    answers.flush();
  }
}
