package io.millrace.flink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A message frame")
class MessageFrameTest {

  @Test
  @DisplayName("is read and written as the guest does it, byte by byte")
  void sameBytes() throws Exception {
    byte[] made = Files.readAllBytes(Path.of("target", "fixture", "messages.bin"));
    List<MessageFrame> frames = new ArrayList<>();
    MessageFrame.readAll(made, frames::add);
    assertEquals(3, frames.size());
    assertEquals(5, frames.get(0).offset());
    assertEquals(1.6e12, frames.get(0).timestamp());
    assertEquals("schlüssel", new String(frames.get(0).key(), UTF_8));
    assertEquals("größe", frames.get(0).headers().get(0).name());
    assertNull(frames.get(0).headers().get(1).value());
    assertEquals("{}", new String(frames.get(0).value(), UTF_8));
    assertTrue(Double.isNaN(frames.get(1).timestamp()));
    assertNull(frames.get(1).key());
    assertNull(frames.get(1).value());
    assertEquals(1L << 50, frames.get(2).offset());
    assertEquals(0, frames.get(2).value().length);
    assertArrayEquals(made, MessageFrame.write(frames));
  }

  @Test
  @DisplayName(
      "goes to the partition of its key as Kafka's own partitioner has it, else round and round")
  void partitions() {
    assertEquals(
        List.of(0, 1, 2, 0),
        List.of(place(0, null), place(1, null), place(2, null), place(3, null)));
    // murmur2, as Kafka's UtilsTest has it: of "21" it is -973932308.
    assertEquals((-973932308 & 0x7fffffff) % 3, place(7, "21"));
    assertEquals(place(1, "foobar"), place(2, "foobar"));
  }

  private static int place(long ordinal, String key) {
    byte[] bytes = key == null ? null : key.getBytes(UTF_8);
    return KafkaRows.partition(new MessageFrame(ordinal, Double.NaN, bytes, List.of(), null), 3);
  }
}
