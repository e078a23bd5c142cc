package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The bytes of a split")
class SplitBytesTest {
  private static final String TEXT = "sensor,value,at\na,1,1\nb,2,2\n";
  private final Fixture files = Fixture.of("readings");
  @TempDir Path base;
  private SplitBytes bytes;

  @BeforeEach
  void writeFiles() throws IOException {
    Files.writeString(base.resolve("plain.csv"), TEXT);
    try (var out = new GZIPOutputStream(Files.newOutputStream(base.resolve("packed.csv.gz")))) {
      out.write(TEXT.getBytes(StandardCharsets.UTF_8));
    }
    bytes = new SplitBytes(files.spec(Map.of("base", base.toString())), "readings");
  }

  @Test
  @DisplayName("are those of the files in the order of their declaration")
  void declared() {
    assertEquals(
        List.of("plain.csv", "packed.csv.gz", "late.csv"),
        SplitBytes.splits(files.plan.sources.get(0)));
  }

  @Test
  @DisplayName("are the same plain and compressed, from any offset of the uncompressed ones")
  void anyOffset() throws IOException {
    for (int offset = 0; offset <= TEXT.length(); offset++) {
      assertEquals(TEXT.substring(offset), from("plain.csv", offset));
      assertEquals(TEXT.substring(offset), from("packed.csv.gz", offset));
    }
  }

  @Test
  @DisplayName("are refused where the file has become shorter than the checkpoint says")
  void shorter() {
    for (String file : List.of("plain.csv", "packed.csv.gz")) {
      String message = refusal(() -> from(file, TEXT.length() + 1));
      assertTrue(message.startsWith("ML_SOURCE_CHANGED: the split has " + TEXT.length()), message);
    }
  }

  @Test
  @DisplayName("are refused where there is no file, with the path looked at")
  void noFile() {
    String message = refusal(() -> from("late.csv", 0));
    assertTrue(message.startsWith("ML_NO_FILE: "), message);
    assertTrue(message.contains(base.resolve("late.csv").toString()), message);
  }

  @Test
  @DisplayName("of records that the plan carries are its text, from any offset")
  void inThePlan() throws IOException {
    Fixture ticks = Fixture.of("ticks");
    SplitBytes memory = new SplitBytes(ticks.spec(), "orders");
    assertEquals(List.of("0"), SplitBytes.splits(ticks.plan.sources.get(0)));
    String all = text(memory.open(ticks.loader, "0", 0));
    assertEquals(6, all.lines().count());
    assertEquals(all.substring(17), text(memory.open(ticks.loader, "0", 17)));
  }

  private String from(String file, long offset) throws IOException {
    return text(bytes.open(files.loader, file, offset));
  }

  private static String text(InputStream stream) throws IOException {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String refusal(Executable call) {
    return assertThrows(SuppressRestartsException.class, call).getCause().getMessage();
  }
}
