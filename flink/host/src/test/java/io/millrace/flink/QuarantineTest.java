package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Quarantine")
class QuarantineTest {
  private static final String RECORD = "[\"readings\",\"0\",7,1600000000000,[]]";
  @TempDir Path checkpoints;

  @Test
  @DisplayName("rejects nothing where nothing happened")
  void nothing() throws IOException {
    assertEquals("[]", of("job", "work").rejected());
  }

  @Test
  @DisplayName("rejects a record at the third end of a script, also after restarts")
  void third() throws IOException {
    assertEquals(1, of("job", "work").count(RECORD, "it did not return"));
    assertEquals(2, of("job", "work").count(RECORD, "it did not return"));
    assertEquals("[]", of("job", "work").rejected());
    assertEquals(3, of("job", "work").count(RECORD, "its heap was \"full\""));
    assertEquals(List.of(RECORD), rejected("job", "work"));
  }

  @Test
  @DisplayName("counts each record, each stage and each job by itself")
  void apart() throws IOException {
    for (int kills = 1; kills <= Quarantine.KILLS; kills++) {
      assertEquals(kills, of("job", "work").count(RECORD, "loop"));
      assertEquals(kills, of("job", "work").count("[\"other\"]", "loop"));
    }
    assertEquals(1, of("job", "next").count(RECORD, "loop"));
    assertEquals("[]", of("job", "next").rejected());
    assertEquals("[]", of("another job", "work").rejected());
    assertEquals(2, rejected("job", "work").size());
  }

  @Test
  @DisplayName("tells apart records, and stages, whose texts have the same hash in Java")
  void equalHashes() throws IOException {
    assertEquals("Aa".hashCode(), "BB".hashCode());
    for (int kill = 0; kill < Quarantine.KILLS; kill++) of("job", "Aa").count("Aa", "loop");
    assertEquals(1, of("job", "Aa").count("BB", "loop"));
    assertEquals(List.of("Aa"), rejected("job", "Aa"));
    assertEquals("[]", of("job", "BB").rejected());
  }

  @Test
  @DisplayName("does not keep the job from starting when an entry was half written")
  void tornEntry() throws IOException {
    for (int kill = 0; kill < 2; kill++) of("job", "work").count(RECORD, "loop");
    try (var files = Files.walk(checkpoints)) {
      for (Path file : files.filter(Files::isRegularFile).toList())
        Files.writeString(file, Files.readString(file).substring(0, 12));
    }
    assertEquals("[]", of("job", "work").rejected());
    assertEquals(1, of("job", "work").count(RECORD, "loop"));
  }

  private Quarantine of(String job, String stage) {
    return new Quarantine(checkpoints.toString(), job, stage);
  }

  private List<String> rejected(String job, String stage) throws IOException {
    List<String> texts = new ArrayList<>();
    JobSpec.json(of(job, stage).rejected()).forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
