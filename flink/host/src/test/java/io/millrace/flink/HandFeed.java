package io.millrace.flink;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A feed of message frames that a test fills by hand, as a log may be filled. */
final class HandFeed implements SplitFeed {
  final Map<String, Long> opened = new HashMap<>();
  final List<Map<String, Long>> covered = new ArrayList<>();
  final Set<String> behind = new HashSet<>();
  private final Map<String, Queue<byte[]>> waiting = new HashMap<>();
  private final Set<String> ended = new HashSet<>();
  private CompletableFuture<Void> available = new CompletableFuture<>();

  /** Something has come of a split: records as JSON, from an offset on. */
  void add(String split, long offset, String... values) {
    List<MessageFrame> frames = new ArrayList<>();
    for (String value : values)
      frames.add(
          new MessageFrame(
              offset + frames.size(), Double.NaN, null, List.of(), value.getBytes(UTF_8)));
    waiting.computeIfAbsent(split, id -> new ArrayDeque<>()).add(MessageFrame.write(frames));
    available.complete(null);
  }

  void end(String split) {
    ended.add(split);
    available.complete(null);
  }

  @Override
  public void open(Split split, long offset) {
    opened.put(split.id(), offset);
    waiting.computeIfAbsent(split.id(), id -> new ArrayDeque<>());
  }

  @Override
  public boolean ready(String split) {
    return ended.contains(split) || !waiting.get(split).isEmpty();
  }

  @Override
  public ByteBuffer take(String split) {
    byte[] bytes = waiting.get(split).poll();
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  @Override
  public CompletableFuture<Void> available() {
    if (waiting.values().stream().allMatch(Queue::isEmpty)) available = new CompletableFuture<>();
    return available;
  }

  @Override
  public boolean caughtUp(String split) {
    return !behind.contains(split) && waiting.get(split).isEmpty();
  }

  @Override
  public void covered(Map<String, Long> offsets) {
    covered.add(offsets);
  }

  @Override
  public void close() {}
}
