;; FrameReader's loop over rows that are as nearly all are: an identity in the fewest bytes, and no text of 128 bytes or more.
;;
;; Addresses are in bytes. The frame is $length bytes from $bytes on; $at and what is found are counted from there. Of row i:
;; $hashes, $places and $starts + 4 i; $times and $positions + 8 i; $marks + $stride i, in which its marks are. $table places
;; are known. $steps: pairs of bytes to pass and what comes then, 1 a text, behind which is a mark, 2 a boolean, 0 the end.
;; Returns how many rows there are then, $most at most; $next holds where the next one begins.
(module
  (import "env" "memory" (memory 1 65536 shared))
  (func (export "find")
    (param $i i32) (param $most i32) (param $at i32) (param $bytes i32) (param $length i32) (param $table i32)
    (param $hashes i32) (param $places i32) (param $starts i32) (param $times i32) (param $positions i32)
    (param $marks i32) (param $stride i32) (param $steps i32) (param $next i32)
    (result i32)
    (local $row i32) (local $size i32) (local $end i32) (local $place i32) (local $x i32) (local $mark i32)
    (local $step i32) (local $kind i32) (local $byte i32) (local $time f64) (local $position f64)

    (block $other
      (loop $rows
        (br_if $other (i32.ge_u (local.get $i) (local.get $most)))
        ;; 27, VALUE_AT, is where a row begins.
        (br_if $other (i32.lt_s (i32.sub (local.get $length) (local.get $at)) (i32.const 27)))
        (local.set $row (i32.add (local.get $bytes) (local.get $at)))
        (local.set $size (i32.load (local.get $row)))
        (br_if $other (i32.lt_u (local.get $size) (i32.const 23)))
        (br_if $other
          (i32.gt_u (local.get $size) (i32.sub (i32.sub (local.get $length) (local.get $at)) (i32.const 4))))
        ;; The root's path.
        (br_if $other (i32.ne (i32.load16_u offset=25 (local.get $row)) (i32.const 0x100)))
        (local.set $place (i32.sub (i32.load8_u offset=24 (local.get $row)) (i32.const 1)))
        (br_if $other (i32.ge_u (local.get $place) (i32.const 127)))
        (br_if $other (i32.ge_u (local.get $place) (local.get $table)))
        (local.set $time (f64.load offset=8 (local.get $row)))
        (local.set $position (f64.load offset=16 (local.get $row)))
        (br_if $other (i32.eqz (f64.le (f64.abs (local.get $time)) (f64.const 9007199254740991))))
        (br_if $other (f64.ne (f64.trunc (local.get $time)) (local.get $time)))
        (br_if $other (i32.eqz (f64.le (local.get $position) (f64.const 9007199254740991))))
        (br_if $other (i32.eqz (f64.ge (local.get $position) (f64.const 0))))
        (br_if $other (f64.ne (f64.trunc (local.get $position)) (local.get $position)))

        ;; The fields, whose last byte must be the row's.
        (local.set $end (i32.add (i32.add (local.get $row) (local.get $size)) (i32.const 4)))
        (local.set $x (i32.add (local.get $row) (i32.const 27)))
        (local.set $mark (i32.add (local.get $marks) (i32.mul (local.get $i) (local.get $stride))))
        (i32.store (local.get $mark) (i32.sub (local.get $x) (local.get $bytes)))
        (local.set $step (local.get $steps))
        (block $ended
          (loop $fields
            (local.set $x (i32.add (local.get $x) (i32.load (local.get $step))))
            (local.set $kind (i32.load offset=4 (local.get $step)))
            (local.set $step (i32.add (local.get $step) (i32.const 8)))
            (br_if $ended (i32.eqz (local.get $kind)))
            (br_if $other (i32.ge_u (local.get $x) (local.get $end)))
            (local.set $byte (i32.load8_u (local.get $x)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))
            (if (i32.eq (local.get $kind) (i32.const 2))
              (then
                (br_if $other (i32.gt_u (local.get $byte) (i32.const 1)))
                (br $fields)))
            (br_if $other (i32.gt_u (local.get $byte) (i32.const 127)))
            (local.set $x (i32.add (local.get $x) (local.get $byte)))
            (local.set $mark (i32.add (local.get $mark) (i32.const 4)))
            (i32.store (local.get $mark) (i32.sub (local.get $x) (local.get $bytes)))
            (br $fields)))
        (br_if $other (i32.ne (local.get $x) (local.get $end)))

        (i32.store
          (i32.add (local.get $hashes) (i32.shl (local.get $i) (i32.const 2)))
          (i32.load offset=4 (local.get $row)))
        (i32.store (i32.add (local.get $places) (i32.shl (local.get $i) (i32.const 2))) (local.get $place))
        (i32.store
          (i32.add (local.get $starts) (i32.shl (local.get $i) (i32.const 2)))
          (i32.add (local.get $at) (i32.const 27)))
        (f64.store (i32.add (local.get $times) (i32.shl (local.get $i) (i32.const 3))) (local.get $time))
        (f64.store (i32.add (local.get $positions) (i32.shl (local.get $i) (i32.const 3))) (local.get $position))
        (local.set $at (i32.sub (local.get $end) (local.get $bytes)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $rows)))
    (i32.store (local.get $next) (local.get $at))
    (local.get $i)))
