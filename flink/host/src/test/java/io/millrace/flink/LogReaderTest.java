package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A reader of a log that does not end")
class LogReaderTest {
  private final Fixture visits = Fixture.of("visits");
  private final HandFeed feed = new HandFeed();
  private final ReadRecords out = new ReadRecords();
  private FrameReader reader;

  @AfterEach
  void close() throws Exception {
    if (reader != null) reader.close();
  }

  @Test
  @DisplayName("goes on with the splits that have something")
  void readyOnes() throws Exception {
    begin(new Split("v/0", "", 7, Split.OPEN), new Split("v/1", ""));
    assertEquals(Map.of("v/0", 7L, "v/1", 0L), feed.opened);
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    var available = reader.isAvailable();
    assertFalse(available.isDone());
    feed.add("v/1", 0, visit(1), visit(2));
    assertTrue(available.isDone());
    readAll();
    assertEquals(List.of("v/1"), splitsWithFrames());
    assertEquals(2, state("v/1").get("decoder").get("consumed").asInt());
    assertEquals(7, state("v/0").get("decoder").get("consumed").asInt());
  }

  @Test
  @DisplayName("has a split end where it was settled, and waits for the others")
  void endOfOne() throws Exception {
    begin(new Split("v/0", "", 0, 1), new Split("v/1", ""));
    feed.add("v/0", 0, visit(1));
    feed.end("v/0");
    readAll();
    // Nothing is released: a task that has nothing left must be idle, not at the end of time.
    assertEquals(List.of("v/0 idle"), statuses());
    assertEquals(1, state("v/0").get("end").asInt());
    assertTrue(state("v/0").get("finished").asBoolean());
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    assertEquals(List.of(), statuses());
  }

  @Test
  @DisplayName(
      "marks a split idle that has caught up, and wakes it with the time the others reached")
  void idle() throws Exception {
    begin(new Split("v/0", ""), new Split("v/1", ""));
    feed.behind.add("v/1");
    feed.add("v/0", 0, visit(1));
    readAll();
    waitFor("v/0 idle");
    feed.add("v/1", 0, visit(100), visit(200));
    readAll();
    out.taken();
    feed.add("v/0", 1, visit(3), visit(300));
    readAll();
    assertEquals("v/0 active", statuses().get(0));
    // The other's 200 less the disorder of 2 s was reached: what is before that is late.
    assertEquals(1, state("v/0").get("ledger").get("late").asInt());
    assertEquals(2, state("v/0").get("ledger").get("processed").asInt());
  }

  @Test
  @DisplayName("does not call a split idle while the other side has more of it")
  void notCaughtUp() throws Exception {
    begin(new Split("v/0", ""), new Split("v/1", ""));
    feed.behind.add("v/1");
    waitFor("v/0 idle");
    Thread.sleep(150);
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    assertEquals(List.of(), statuses());
    feed.behind.remove("v/1");
    waitFor("v/1 idle");
  }

  @Test
  @DisplayName("takes a split that is found later, and is idle as long as it has none")
  void foundLater() throws Exception {
    begin();
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    assertEquals(List.of(" idle"), statuses());
    reader.addSplits(List.of(new Split("v/2", "", 3, Split.OPEN)));
    assertEquals(Map.of("v/2", 3L), feed.opened);
    feed.add("v/2", 3, visit(1));
    readAll();
    assertTrue(out.taken().stream().anyMatch(read -> read.watermark() != null));
  }

  @Test
  @DisplayName("tells its feed what a finished checkpoint covers, and no other")
  void covered() throws Exception {
    begin(new Split("v/0", ""));
    feed.add("v/0", 0, visit(1));
    readAll();
    reader.snapshotState(1);
    feed.add("v/0", 1, visit(2));
    readAll();
    reader.snapshotState(2);
    reader.notifyCheckpointComplete(2);
    reader.notifyCheckpointComplete(1);
    assertEquals(List.of(Map.of("v/0", 2L)), feed.covered);
  }

  @Test
  @DisplayName(
      "goes on behind what a checkpoint holds, with the end and the watermark that were there")
  void restored() throws Exception {
    begin(new Split("v/0", "", 5, 9));
    feed.add("v/0", 5, visit(10), visit(1));
    readAll();
    List<Split> states = reader.snapshotState(1);
    JsonNode before = state("v/0");
    reader.close();
    feed.opened.clear();
    begin(states.get(0));
    assertEquals(Map.of("v/0", 7L), feed.opened);
    assertEquals(before, state("v/0"));
    assertEquals(9, before.get("end").asInt());
    assertEquals(1, before.get("ledger").get("late").asInt());
  }

  private void begin(Split... splits) {
    reader = new FrameReader(visits.spec(), "visits", ReadRecords.context(visits), feed);
    reader.addSplits(List.of(splits));
    reader.handleSourceEvents(new SplitAssigner.AllForNow());
  }

  private void readAll() throws Exception {
    while (reader.pollNext(out) == InputStatus.MORE_AVAILABLE) {}
  }

  /** Until a status is given out; as long as it takes. */
  private void waitFor(String status) throws Exception {
    while (!statuses().contains(status)) {
      Thread.sleep(5);
      reader.pollNext(out);
    }
  }

  private List<String> statuses() {
    return out.taken().stream()
        .filter(read -> read.status() != null)
        .map(read -> read.split() + " " + read.status())
        .toList();
  }

  private List<String> splitsWithFrames() {
    return out.taken().stream()
        .filter(ReadRecords.Read::isFrame)
        .map(ReadRecords.Read::split)
        .distinct()
        .toList();
  }

  private JsonNode state(String split) throws Exception {
    for (Split one : reader.snapshotState(99))
      if (one.id().equals(split)) return JobSpec.json(one.state());
    throw new AssertionError("no split " + split);
  }

  private static String visit(int second) {
    String at = Instant.ofEpochSecond(1_600_000_000L + second).toString();
    return "{\"id\":\"v\",\"shop\":\"s\",\"amount\":1,\"paid\":true,\"at\":\"" + at + "\"}";
  }
}
