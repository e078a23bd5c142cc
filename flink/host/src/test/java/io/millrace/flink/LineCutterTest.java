package io.millrace.flink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Lines of a connection")
class LineCutterTest {
  private final LineCutter lines = new LineCutter(4);

  @Test
  @DisplayName("come whole, however they are cut on their way")
  void whole() {
    String text = "a\nbcd\n\nefgh\n";
    for (int cut = 0; cut <= text.length(); cut++) {
      lines.reset();
      assertEquals(text, take(text.substring(0, cut)) + take(text.substring(cut)));
    }
    assertEquals("", take("no"));
  }

  @Test
  @DisplayName("that are too long come as a head that is too long, and the next one is whole")
  void tooLong() {
    assertEquals("abcdef\nx\n", take("abcdefgh\nx\n"));
    assertEquals("abcdef\n", take("abcdef"));
    assertEquals("", take("gh"));
    assertEquals("x\n", take("\nx\n"));
  }

  @Test
  @DisplayName("do not go on in another connection")
  void another() {
    assertEquals("", take("ab"));
    lines.reset();
    assertEquals("cd\n", take("cd\n"));
  }

  private String take(String text) {
    return new String(lines.take(text.getBytes(UTF_8)), UTF_8);
  }
}
