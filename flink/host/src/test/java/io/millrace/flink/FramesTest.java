package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames are made, and read back, by real guests: nothing here knows how a record looks inside. */
@DisplayName("A frame of keyed records")
class FramesTest {
  private static final int RECORDS = 300;
  private final Fixture echo = Fixture.of("echo");
  private final int keyGroups = echo.plan.keyGroups;

  @ParameterizedTest(name = "of {0}")
  @ValueSource(ints = {1, 2, 3})
  @DisplayName("comes to the subtasks in parts, every record once, in order")
  void everyRecordOnce(int parallelism) throws Exception {
    List<Integer> all = new ArrayList<>();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      List<Integer> records = readBack(parallelism, subtask).records;
      assertEquals(records.stream().sorted().toList(), records, "subtask " + subtask);
      assertFalse(records.isEmpty(), "a subtask without any record tests nothing");
      all.addAll(records);
    }
    assertEquals(IntStream.range(0, RECORDS).boxed().toList(), all.stream().sorted().toList());
  }

  @ParameterizedTest(name = "of {0}")
  @ValueSource(ints = {2, 3})
  @DisplayName("brings each record to the subtask that has its key group, by Flink's rule")
  void byKeyGroup(int parallelism) throws Exception {
    SortedMap<Integer, String> whole = readBack(1, 0).groups;
    SortedMap<Integer, String> parts = new TreeMap<>();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      KeyGroupRange range =
          KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
              keyGroups, parallelism, subtask);
      SortedMap<Integer, String> groups = readBack(parallelism, subtask).groups;
      for (int group : groups.keySet()) assertTrue(range.contains(group), group + " in " + range);
      parts.putAll(groups);
    }
    // A record that came to the wrong subtask would be missing from the count of its key.
    assertEquals(whole, parts);
  }

  @Test
  @DisplayName("is left whole where one subtask has all key groups, and where keys do not matter")
  void leftWhole() throws Exception {
    Piece frame = HandFedSplits.rounds("echo", RECORDS).get(0).arrivals().get(0).frame();
    for (var edge : List.of(new Plan.Edge(0, 0, "key", 1), new Plan.Edge(0, 0, "single", 1))) {
      List<Piece> routed = new ArrayList<>();
      Frames.route(frame, edge, keyGroups, routed::add);
      assertEquals(1, routed.size());
      assertEquals(frame.bytes, routed.get(0).bytes);
      assertEquals(edge.partitioning().equals("key") ? 0 : -1, routed.get(0).target);
    }
  }

  /** What one subtask of a keyed stage makes of its parts. */
  private record ReadBack(List<Integer> records, SortedMap<Integer, String> groups) {}

  private ReadBack readBack(int parallelism, int subtask) throws Exception {
    JobSpec spec = echo.spec(Map.of("parallelism", parallelism));
    Plan.Edge edge = new Plan.Edge(0, 0, "key", parallelism);
    try (StageTask keyed = new StageTask(echo, spec, echo.stage("echo"), subtask, null);
        StageTask sink = new StageTask(echo, spec, "echoed")) {
      for (var round : HandFedSplits.rounds("echo", 70)) {
        for (var arrival : round.arrivals()) {
          List<Piece> parts = new ArrayList<>();
          Frames.route(arrival.frame(), edge, keyGroups, parts::add);
          for (Piece part : parts) if (part.target == subtask) keyed.frame(part);
        }
      }
      keyed.watermark(Long.MAX_VALUE);
      keyed.endInput();
      SortedMap<Integer, String> groups = new TreeMap<>();
      for (var event : keyed.taken()) {
        if (event.isWatermark()) continue;
        if (event.tag().equals("final")) addGroup(event.piece(), groups);
        else sink.frame(event.piece());
      }
      sink.watermark(Long.MAX_VALUE);
      String rows =
          sink.taken().stream()
              .filter(event -> !event.isWatermark() && event.piece().kind == Piece.APPEND)
              .map(event -> new String(event.piece().bytes, StandardCharsets.UTF_8))
              .collect(Collectors.joining());
      return new ReadBack(
          rows.lines().map(row -> Integer.parseInt(row.replaceAll("\\D", ""))).toList(), groups);
    }
  }

  private static void addGroup(Piece entry, Map<Integer, String> groups) throws Exception {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(entry.bytes));
    if (in.readByte() != 'G') return;
    in.readNBytes(in.readInt());
    int group = in.readInt();
    groups.put(group, Base64.getEncoder().encodeToString(in.readNBytes(in.readInt())));
  }
}
