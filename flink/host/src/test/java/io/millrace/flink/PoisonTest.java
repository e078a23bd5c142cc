package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A record at which the script must be ended")
class PoisonTest {
  private final Fixture hard = Fixture.of("hard-records");
  @TempDir Path checkpoints;

  @ParameterizedTest(name = "for {1}")
  @CsvSource({"loop,ML_WATCHDOG,1000", "hoard,ML_HEAP,60000"})
  @DisplayName("fails the task by name twice more, and then is rejected")
  void thrice(String how, String code, int watchdogMs) throws Exception {
    Map<String, Object> changes = new HashMap<>();
    changes.put("params", "{\"how\":\"" + how + "\"}");
    changes.put("watchdogMs", watchdogMs);
    changes.put("checkpointDir", checkpoints.toString());
    JobSpec spec = hard.spec(changes);
    for (int kill = 1; kill <= Quarantine.KILLS; kill++) {
      try (StageTask task = fed(spec)) {
        var error = assertThrows(MillraceException.class, () -> task.watermark(Long.MAX_VALUE));
        assertTrue(error.getMessage().startsWith(code + ": "), error.getMessage());
        assertTrue(error.getMessage().contains("time " + kill + " at record [\"readings\""));
      }
    }
    try (StageTask task = fed(spec)) {
      task.watermark(Long.MAX_VALUE);
      task.endInput();
      assertEquals(199, task.counted("ledger/operator/work/processed"));
      String refused =
          task.taken().stream()
              .filter(event -> event.tag().equals("2/0"))
              .map(event -> new String(event.piece().bytes, StandardCharsets.ISO_8859_1))
              .reduce("", String::concat);
      assertTrue(refused.contains("ML_POISON"), refused);
    }
  }

  /** A task with all records before it; they are processed when event time goes on. */
  private StageTask fed(JobSpec spec) throws Exception {
    // First, since the first V8 of a process takes its time, and the watchdog is strict.
    var rounds = HandFedSplits.rounds("hard-records", 100);
    StageTask task = new StageTask(hard, spec, "work");
    for (var round : rounds) for (var arrival : round.arrivals()) task.frame(arrival.frame());
    return task;
  }
}
