package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A split in a checkpoint")
class SplitTest {
  private final Split.Serializer one = new Split.Serializer();
  private final Split.ListSerializer list = new Split.ListSerializer();

  @Test
  @DisplayName("is read as it was written, begun or not")
  void roundTrip() throws IOException {
    for (Split split : List.of(new Split("a.csv", ""), new Split("b/ü€😀.csv", "{\"x\":1}")))
      assertEquals(split, one.deserialize(one.getVersion(), one.serialize(split)));
  }

  @Test
  @DisplayName("comes with others in their order")
  void listRoundTrip() throws IOException {
    List<Split> splits = List.of(new Split("b", "2"), new Split("a", ""), new Split("c", "3"));
    assertEquals(splits, list.deserialize(list.getVersion(), list.serialize(splits)));
    assertEquals(List.of(), list.deserialize(list.getVersion(), list.serialize(List.of())));
  }

  @Test
  @DisplayName("may have a state of any length, as that of a very wide table has")
  void longState() throws IOException {
    Split wide = new Split("wide.csv", "{\"header\":[\"" + "größe,".repeat(50_000) + "\"]}");
    assertEquals(wide, one.deserialize(one.getVersion(), one.serialize(wide)));
    assertEquals(
        List.of(wide, wide),
        list.deserialize(list.getVersion(), list.serialize(List.of(wide, wide))));
  }

  @Test
  @DisplayName("keeps where it begins and ends")
  void bounds() throws IOException {
    Split split = new Split("topic/3", "", 1L << 40, (1L << 40) + 5);
    assertEquals(split, one.deserialize(one.getVersion(), one.serialize(split)));
    assertEquals(new Split("topic/3", "{}", 1L << 40, (1L << 40) + 5), split.at("{}"));
  }

  @Test
  @DisplayName("of version 2, which had no bounds, goes from its beginning to its end")
  void versionTwo() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(1);
    for (String text : List.of("a.csv", "{\"x\":1}")) {
      out.writeInt(text.length());
      out.writeBytes(text);
    }
    Split split = new Split("a.csv", "{\"x\":1}");
    assertEquals(split, one.deserialize(2, bytes.toByteArray()));
    var register = new SplitRegister.Serializer().deserialize(2, bytes.toByteArray());
    assertEquals(new SplitRegister(List.of(split), List.of()), register);
  }

  @Test
  @DisplayName("of a newer version is refused by name")
  void newerVersion() throws IOException {
    byte[] bytes = one.serialize(new Split("a", ""));
    int newer = one.getVersion() + 1;
    var refusal = assertThrows(MillraceException.class, () -> one.deserialize(newer, bytes));
    assertTrue(refusal.getMessage().startsWith("ML_VERSION: a split has version " + newer));
    assertThrows(MillraceException.class, () -> list.deserialize(newer, bytes));
  }
}
