package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A reader of splits")
class FrameReaderTest {
  /** More than a reader takes from a split at a time, and than it reads of a file at a time. */
  private static final int MANY = 5000;

  private final Fixture clicks = Fixture.of("timers");
  private final Fixture files = Fixture.of("readings");
  private final List<FrameReader> open = new ArrayList<>();
  private final ReadRecords out = new ReadRecords();
  private int watchdogMs = 60_000;
  @TempDir Path base;

  @AfterEach
  void closeReaders() throws Exception {
    for (FrameReader reader : open) reader.close();
  }

  @Test
  @DisplayName("reads nothing before all splits are there")
  void waitsForAll() throws Exception {
    FrameReader reader = reader(clicks);
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    var available = reader.isAvailable();
    assertFalse(available.isDone());
    reader.addSplits(List.of(new Split("0", "")));
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    reader.addSplits(List.of(new Split("1", "")));
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    assertFalse(reader.isAvailable().isDone());
    reader.notifyNoMoreSplits();
    assertTrue(available.isDone());
    assertTrue(reader.isAvailable().isDone());
    assertEquals(InputStatus.MORE_AVAILABLE, reader.pollNext(out));
    assertTrue(out.taken().stream().anyMatch(ReadRecords.Read::isFrame));
  }

  @Test
  @DisplayName("without a split is at its end")
  void noSplit() throws Exception {
    FrameReader reader = reader(clicks);
    reader.notifyNoMoreSplits();
    assertEquals(InputStatus.END_OF_INPUT, reader.pollNext(out));
    assertEquals(List.of(), reader.snapshotState(1));
  }

  @Test
  @DisplayName("gives out what the guest makes of the splits, and holds the guest's states")
  void sameAsGuest() throws Exception {
    FrameReader reader = begun(clicks, "0", "1");
    try (HandFedSplits splits = new HandFedSplits(clicks)) {
      // 200 records of the first split, and the 120 of the second: each comes at once.
      var round = splits.next(200);
      reader.pollNext(out);
      reader.pollNext(out);
      List<ReadRecords.Read> reads = out.taken();
      for (var arrival : round.arrivals()) {
        byte[] frame =
            reads.stream()
                .filter(read -> read.isFrame() && read.split().equals("" + arrival.split()))
                .findFirst()
                .orElseThrow()
                .piece()
                .bytes;
        assertArrayEquals(arrival.frame().bytes, frame);
      }
      readAll(reader);
      splits.next(200);
      assertEquals(List.of(splits.state(0), splits.state(1)), states(reader));
    }
  }

  @Test
  @DisplayName("reads the split first that is least far in event time")
  void laggingFirst() throws Exception {
    writeReadings("plain.csv", 0, MANY);
    writeReadings("packed.csv.gz", 600_000, MANY);
    writeReadings("late.csv", 0, 0);
    FrameReader reader = begun(files, "plain.csv", "packed.csv.gz", "late.csv");
    // Each begins once, then the one that is ten minutes behind has its turn until it is level.
    for (int i = 0; i < 6; i++) reader.pollNext(out);
    List<String> order =
        out.taken().stream()
            .filter(ReadRecords.Read::isFrame)
            .map(ReadRecords.Read::split)
            .toList();
    assertEquals("plain.csv", order.get(0));
    assertEquals("packed.csv.gz", order.get(1));
    assertEquals(List.of("plain.csv"), order.subList(2, order.size()).stream().distinct().toList());
  }

  @Test
  @DisplayName("lets a split rest that is paused, and goes on with it when told to")
  void paused() throws Exception {
    FrameReader reader = begun(clicks, "0", "1");
    reader.pauseOrResumeSplits(List.of("0"), List.of());
    while (reader.pollNext(out) == InputStatus.MORE_AVAILABLE) {}
    assertEquals(
        List.of("1"), out.taken().stream().map(ReadRecords.Read::split).distinct().toList());
    assertEquals(InputStatus.NOTHING_AVAILABLE, reader.pollNext(out));
    var available = reader.isAvailable();
    assertFalse(available.isDone());
    reader.pauseOrResumeSplits(List.of(), List.of("0"));
    assertTrue(available.isDone());
    readAll(reader);
    assertEquals(
        List.of("0"), out.taken().stream().map(ReadRecords.Read::split).distinct().toList());
  }

  @Test
  @DisplayName("says the end of a split once, with its state, and then nothing more of it")
  void endOfSplit() throws Exception {
    FrameReader reader = begun(clicks, "0", "1");
    readAll(reader);
    List<ReadRecords.Read> reads = out.taken();
    for (String split : List.of("0", "1")) {
      List<ReadRecords.Read> own =
          reads.stream().filter(read -> read.split().equals(split)).toList();
      assertTrue(own.get(own.size() - 1).isEnd());
      assertEquals(1, own.stream().filter(ReadRecords.Read::isEnd).count());
      Piece last = own.get(own.size() - 2).piece();
      String state = states(reader).get(Integer.parseInt(split));
      assertArrayEquals(FinalState.split("clicks", split, state).bytes, last.bytes);
    }
    assertEquals(InputStatus.END_OF_INPUT, reader.pollNext(out));
    assertEquals(List.of(), out.taken());
  }

  @Test
  @DisplayName("goes on from a checkpoint with the records that are left, plain and compressed")
  void restored() throws Exception {
    writeReadings("plain.csv", 0, MANY);
    writeReadings("packed.csv.gz", 0, MANY);
    writeReadings("late.csv", 0, 100);
    String[] names = {"plain.csv", "packed.csv.gz", "late.csv"};
    FrameReader whole = begun(files, names);
    readAll(whole);
    List<String> expected = states(whole);
    long frames = out.taken().stream().filter(ReadRecords.Read::isFrame).count();
    assertTrue(frames > 40, "one frame a split tests nothing");

    List<Split> splits = new ArrayList<>();
    for (String name : names) splits.add(new Split(name, ""));
    List<InputStatus> ends = new ArrayList<>();
    while (!ends.contains(InputStatus.END_OF_INPUT)) {
      FrameReader reader = reader(files);
      reader.addSplits(splits);
      reader.notifyNoMoreSplits();
      for (int i = 0; i < 9; i++) ends.add(reader.pollNext(out));
      splits = reader.snapshotState(1);
      reader.close();
    }
    assertEquals(expected, splits.stream().map(Split::state).toList());
    for (Split split : splits) {
      JsonNode ledger = JobSpec.json(split.state()).get("ledger");
      assertEquals(split.id().equals("late.csv") ? 100 : MANY, ledger.get("processed").asInt());
      assertEquals(ledger.get("in"), ledger.get("processed"));
    }
  }

  @Test
  @DisplayName("gives out nothing of a split that was finished at the checkpoint")
  void finishedBefore() throws Exception {
    FrameReader before = begun(clicks, "0", "1");
    readAll(before);
    List<Split> states = before.snapshotState(1);
    out.taken();
    FrameReader reader = reader(clicks);
    reader.addSplits(states);
    assertEquals(states, reader.snapshotState(1));
    reader.notifyNoMoreSplits();
    assertEquals(InputStatus.END_OF_INPUT, reader.pollNext(out));
    // Flink made an output for each; it must not hold the others back.
    assertTrue(out.taken().stream().allMatch(ReadRecords.Read::isEnd));
    assertEquals(states, reader.snapshotState(2));
  }

  @Test
  @DisplayName("refuses a state that is none of the guest's, with its words")
  void foreignState() {
    FrameReader reader = reader(clicks);
    assertThrows(
        MillraceException.class, () -> reader.addSplits(List.of(new Split("0", "{\"half"))));
  }

  @Test
  @DisplayName("whose script does not return is ended, and names source and split")
  void stuck() throws Exception {
    Files.writeString(base.resolve("plain.csv"), "sensor,value,at\nstuck,1,2020-09-13T12:26:40Z\n");
    // The first V8 of a process takes its time; the one that is watched is not the first.
    begun(clicks, "0");
    watchdogMs = 1000;
    FrameReader reader = begun(files, "plain.csv");
    var error =
        assertThrows(
            MillraceException.class,
            () -> {
              while (reader.pollNext(out) == InputStatus.MORE_AVAILABLE) {}
            });
    String place = "where source \"readings\", split \"plain.csv\"";
    assertTrue(error.getMessage().startsWith("ML_WATCHDOG: "), error.getMessage());
    assertTrue(error.getMessage().contains(place), error.getMessage());
  }

  private FrameReader reader(Fixture fixture) {
    JobSpec spec = fixture.spec(Map.of("base", base.toString(), "watchdogMs", watchdogMs));
    String uid = fixture.plan.sources.get(0).uid();
    FrameReader reader = new FrameReader(spec, uid, ReadRecords.context(fixture));
    open.add(reader);
    return reader;
  }

  private FrameReader begun(Fixture fixture, String... splits) {
    FrameReader reader = reader(fixture);
    for (String split : splits) reader.addSplits(List.of(new Split(split, "")));
    reader.notifyNoMoreSplits();
    return reader;
  }

  private void readAll(FrameReader reader) throws Exception {
    InputStatus status;
    do status = reader.pollNext(out);
    while (status == InputStatus.MORE_AVAILABLE);
    assertEquals(InputStatus.END_OF_INPUT, status);
  }

  private static List<String> states(FrameReader reader) {
    return reader.snapshotState(1).stream().map(Split::state).toList();
  }

  private void writeReadings(String file, long fromMs, int count) throws Exception {
    StringBuilder rows = new StringBuilder("sensor,value,at\n");
    for (int i = 0; i < count; i++)
      rows.append("s").append(i % 9).append(',').append(i).append(',').append(time(fromMs, i));
    byte[] bytes = rows.toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    if (file.endsWith(".gz")) {
      try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
        gzip.write(bytes);
      }
    } else packed.write(bytes);
    Files.write(base.resolve(file), packed.toByteArray());
  }

  private static String time(long fromMs, int second) {
    return Instant.ofEpochMilli(1_600_000_000_000L + fromMs + 100L * second) + "\n";
  }
}
