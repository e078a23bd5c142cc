package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The splits of one source in a guest, fed by hand: frames as small as a test wants them, and what
 * a reader's answers are compared with.
 */
final class HandFedSplits implements AutoCloseable {
  private static final int FINISHED = 4;
  private static final double END_OF_TIME = 9007199254740991.0;
  private final Guest guest;
  private final List<Integer> numbers = new ArrayList<>();
  private final boolean[] finished;
  private final double[] watermarks;

  /** Some records of each split, and how far event time has come with them. */
  record Round(List<Arrival> arrivals, long watermark) {}

  record Arrival(int split, Piece frame) {}

  HandFedSplits(Fixture fixture) throws IOException {
    JobSpec spec = fixture.spec();
    Plan.Source source = fixture.plan.sources.get(0);
    guest = new Guest(spec, fixture.bundle(), "openSplits");
    SplitBytes bytes = new SplitBytes(spec, source.uid());
    for (String split : SplitBytes.splits(source)) {
      int number = guest.callInt("open", source.uid(), split, "");
      numbers.add(number);
      try (InputStream stream = bytes.open(fixture.loader, split, 0)) {
        byte[] all = stream.readAllBytes();
        guest.input(all.length).put(all);
        guest.callVoid("push", number, all.length);
        guest.callVoid("end", number);
      }
    }
    finished = new boolean[numbers.size()];
    watermarks = new double[numbers.size()];
  }

  /** Everything that a source gives out, so many records of each split at a time. */
  static List<Round> rounds(String fixture, int records) throws IOException {
    try (HandFedSplits splits = new HandFedSplits(Fixture.of(fixture))) {
      List<Round> rounds = new ArrayList<>();
      do rounds.add(splits.next(records));
      while (rounds.get(rounds.size() - 1).watermark < Long.MAX_VALUE);
      return rounds;
    }
  }

  Round next(int records) {
    List<Arrival> arrivals = new ArrayList<>();
    double least = END_OF_TIME;
    for (int split = 0; split < finished.length; split++) {
      int place = split;
      if (!finished[split]) {
        ByteBuffer answer = guest.answer("pump", numbers.get(split), records);
        finished[split] = (answer.getInt(0) & FINISHED) != 0;
        watermarks[split] = answer.getDouble(8);
        Frames.pieces(answer, piece -> arrivals.add(new Arrival(place, piece)));
      }
      if (!finished[split]) least = Math.min(least, watermarks[split]);
    }
    return new Round(arrivals, least == END_OF_TIME ? Long.MAX_VALUE : (long) least);
  }

  String state(int split) {
    return guest.callString("state", numbers.get(split));
  }

  @Override
  public void close() {
    guest.close();
  }
}
