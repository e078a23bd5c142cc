package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is expected comes from the embedded engine, so both runtimes are held together here. */
@DisplayName("A stage")
class StageOperatorTest {
  private static final int WINDOW_BYTES = 1 << 16;

  @ParameterizedTest(name = "{0} at parallelism {1}")
  @CsvSource({"timers,1", "timers,3", "model-per-key,2", "hard-records,2", "long-records,2"})
  @DisplayName("gives out the parts, and leaves the state, of the embedded engine")
  void sameAsEmbedded(String name, int parallelism) throws Exception {
    try (Flow flow = new Flow(Fixture.of(name), parallelism)) {
      for (var round : HandFedSplits.rounds(name, 20)) flow.round(round);
      end(flow, name);
    }
  }

  @ParameterizedTest(name = "{0} from {1} to {2} subtasks and back")
  @CsvSource({"timers,1,2", "timers,3,2", "model-per-key,2,1", "long-records,1,2"})
  @DisplayName("goes on from checkpoints at another parallelism as if nothing had happened")
  void restored(String name, int before, int after) throws Exception {
    List<HandFedSplits.Round> rounds = HandFedSplits.rounds(name, 7);
    Flow flow = new Flow(Fixture.of(name), before);
    try {
      for (int i = 0; i < rounds.size(); i++) {
        if (i == rounds.size() / 3 || i == 2 * rounds.size() / 3) {
          Flow.Checkpoint cut = flow.snapshot();
          // What comes after the cut is forgotten with the attempt that did it.
          flow.round(rounds.get(i));
          flow.close();
          flow = new Flow(Fixture.of(name), i == rounds.size() / 3 ? after : before, cut);
        }
        flow.round(rounds.get(i));
      }
      end(flow, name);
    } finally {
      flow.close();
    }
  }

  @Test
  @DisplayName("restored behind its end gives out nothing again but its final state")
  void behindTheEnd() throws Exception {
    Fixture fixture = Fixture.of("model-per-key");
    List<HandFedSplits.Round> rounds = HandFedSplits.rounds("model-per-key", 100);
    Flow.Checkpoint cut;
    try (Flow flow = new Flow(fixture, 1)) {
      for (var round : rounds) flow.round(round);
      cut = flow.snapshot();
    }
    try (Flow flow = new Flow(fixture, 1, cut)) {
      flow.round(new HandFedSplits.Round(List.of(), Long.MAX_VALUE));
      end(flow, "model-per-key");
    }
  }

  @Test
  @DisplayName("takes frames larger than the window to its guest")
  void largeFrames() throws Exception {
    List<HandFedSplits.Round> rounds = HandFedSplits.rounds("long-records", 1000);
    for (var arrival : rounds.get(0).arrivals())
      assertTrue(arrival.frame().bytes.length > 2 * WINDOW_BYTES);
    try (Flow flow = new Flow(Fixture.of("long-records"), 1)) {
      for (var round : rounds) flow.round(round);
      end(flow, "long-records");
    }
  }

  @Test
  @DisplayName("at the end of time gives out what the end brings before it says so")
  void endBeforeTheEndOfTime() throws Exception {
    Fixture fixture = Fixture.of("hard-records");
    JobSpec spec = fixture.spec();
    try (StageTask work = new StageTask(fixture, spec, "work");
        StageTask sink = new StageTask(fixture, spec, "worked")) {
      for (var round : HandFedSplits.rounds("hard-records", 50))
        for (var arrival : round.arrivals()) work.frame(arrival.frame());
      work.watermark(Long.MAX_VALUE);
      for (var event : work.taken()) if (event.tag().equals("1/0")) sink.frame(event.piece());
      sink.watermark(1_600_000_050_000L);
      List<StageTask.Event> early = sink.taken();
      assertEquals(1_600_000_050_000L, early.get(early.size() - 1).watermark());
      assertEquals(0, rolls(early));
      sink.watermark(Long.MAX_VALUE);
      List<StageTask.Event> events = sink.taken();
      // The last part ends with the input; nothing may come behind the last watermark.
      assertEquals(1, rolls(events));
      assertEquals(Long.MAX_VALUE, events.get(events.size() - 1).watermark());
      assertEquals(Piece.ROLL, events.get(events.size() - 2).piece().kind);
    }
  }

  @Test
  @DisplayName("never takes a watermark back, and says each once")
  void watermarks() throws Exception {
    Fixture fixture = Fixture.of("timers");
    try (StageTask task = new StageTask(fixture, fixture.spec(), "sessions")) {
      for (long time : List.of(5L, 5L, 3L, 8L)) task.watermark(time);
      assertEquals(List.of(5L, 8L), task.taken().stream().map(StageTask.Event::watermark).toList());
    }
  }

  @Test
  @DisplayName("counts what it did in accumulators, with what was done before the checkpoint")
  void accumulators() throws Exception {
    Fixture fixture = Fixture.of("hard-records");
    List<HandFedSplits.Round> rounds = HandFedSplits.rounds("hard-records", 50);
    StageTask.Restored cut;
    try (StageTask task = new StageTask(fixture, fixture.spec(), "work")) {
      for (int i = 0; i < 2; i++)
        for (var arrival : rounds.get(i).arrivals()) task.frame(arrival.frame());
      // At the watermark of the hundredth record, which waits: another may have the same time.
      task.watermark(rounds.get(1).watermark());
      cut = new StageTask.Restored(task.snapshot(), 1);
      assertEquals(99, task.counted("ledger/operator/work/in"));
    }
    JobSpec spec = fixture.spec(Map.of());
    try (StageTask task = new StageTask(fixture, spec, fixture.stage("work"), 0, cut)) {
      assertEquals(99, task.counted("ledger/operator/work/in"));
      for (int i = 2; i < rounds.size(); i++)
        for (var arrival : rounds.get(i).arrivals()) task.frame(arrival.frame());
      task.watermark(Long.MAX_VALUE);
      task.endInput();
      assertEquals(200, task.counted("ledger/operator/work/in"));
      assertEquals(1, task.counted("ledger/operator/work/rejected"));
    }
  }

  @Test
  @DisplayName("may be closed twice, and before it has begun")
  void closed() throws Exception {
    Fixture fixture = Fixture.of("timers");
    new StageOperator(fixture.spec(), fixture.plan, fixture.stage("sessions")).close();
    StageTask task = new StageTask(fixture, fixture.spec(), "sessions");
    task.harness.getOperator().close();
    task.close();
    new StageTask(fixture, fixture.spec(), "sessions").close();
  }

  private static void end(Flow flow, String name) throws Exception {
    flow.end();
    assertEquals(Fixture.of(name).expectedParts(), flow.parts());
    assertEquals(Fixture.of(name).expectedState(), flow.finalState());
  }

  private static long rolls(List<StageTask.Event> events) {
    return events.stream()
        .filter(event -> !event.isWatermark() && event.piece().kind == Piece.ROLL)
        .count();
  }
}
