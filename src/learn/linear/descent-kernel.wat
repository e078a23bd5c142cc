;; descentRows of descent-code.ts, bit for bit the same, on inputs where they lie in a frame. Two rows of two models learn side by
;; side: each waits for its own sum, exponential and quotient, so that together they take little more than one. Their weights
;; move two at a time, and the four sums of a score are two and two, as SIMD rounds each lane as the scalar operation does.
;; A row whose neighbour learns with the same model, or cannot, has nobody for its neighbour: an empty row and a model of
;; their own.
;;
;; Addresses are in bytes. Of row i: $offsets + 4 i holds where its model is, in doubles, $inputs + 4 i where its
;; first input is; $labels, $counts and $outputs + 8 i its label, weight and probability. Of all: $roots, 2^(j/128); $most, the largest magnitude of
;; an input (what is not finite makes a score that is not); $nobody, zeros: inputs, then a model, then two doubles. $weights, from a model to its first weight.
;; Returns the first row that is not to be learned here, or $to; nothing has changed for it.
(module
  (import "env" "memory" (memory 1 65536 shared))
  (func (export "learn")
    (param $from i32) (param $to i32) (param $n i32) (param $weights i32) (param $rate f64)
    (param $offsets i32) (param $inputs i32) (param $labels i32) (param $counts i32) (param $outputs i32)
    (param $roots i32) (param $most f64) (param $nobody i32)
    (result i32)
    (local $i i32) (local $alone i32) (local $rounds i32) (local $left i32) (local $end i32)
    (local $modelA i32) (local $xA i32) (local $wA i32) (local $modelB i32) (local $xB i32) (local $wB i32)
    (local $labelB i32) (local $countB i32) (local $outB i32)
    (local $count f64) (local $scoreA f64) (local $scoreB f64) (local $amountA f64) (local $amountB f64)
    (local $s01 v128) (local $s23 v128) (local $t01 v128) (local $t23 v128) (local $largestA v128) (local $largestB v128)
    (local $x v128) (local $y v128)
    (local $score v128) (local $whole v128) (local $r v128) (local $r2 v128) (local $k v128) (local $power v128)
    (local $p v128)

    (local.set $i (local.get $from))
    ;; Bytes of the inputs that make whole rounds of four, and of the others.
    (local.set $rounds (i32.shl (i32.and (local.get $n) (i32.const -4)) (i32.const 3)))
    (local.set $left (i32.shl (i32.and (local.get $n) (i32.const 3)) (i32.const 3)))

    (block $done
      (loop $rows
        (br_if $done (i32.ge_s (local.get $i) (local.get $to)))

        (local.set $modelA
          (i32.shl (i32.load (i32.add (local.get $offsets) (i32.shl (local.get $i) (i32.const 2)))) (i32.const 3)))
        ;; MIN_WEIGHT, MAX_WEIGHT
        (local.set $count (f64.load (i32.add (local.get $counts) (i32.shl (local.get $i) (i32.const 3)))))
        (br_if $done (i32.eqz (f64.ge (local.get $count) (f64.const 1e-9))))
        (br_if $done (i32.eqz (f64.le (local.get $count) (f64.const 1e6))))
        (local.set $xA (i32.load (i32.add (local.get $inputs) (i32.shl (local.get $i) (i32.const 2)))))
        (local.set $wA (i32.add (local.get $modelA) (local.get $weights)))

        (block $paired
          (block $single
            (br_if $single (local.get $alone))
            (br_if $single (i32.ge_s (i32.add (local.get $i) (i32.const 1)) (local.get $to)))
            (local.set $modelB
              (i32.shl
                (i32.load offset=4 (i32.add (local.get $offsets) (i32.shl (local.get $i) (i32.const 2))))
                (i32.const 3)))
            (br_if $single (i32.eq (local.get $modelA) (local.get $modelB)))
            (local.set $countB (i32.add (i32.add (local.get $counts) (i32.shl (local.get $i) (i32.const 3))) (i32.const 8)))
            (local.set $count (f64.load (local.get $countB)))
            (br_if $single (i32.eqz (f64.ge (local.get $count) (f64.const 1e-9))))
            (br_if $single (i32.eqz (f64.le (local.get $count) (f64.const 1e6))))
            (local.set $xB (i32.load offset=4 (i32.add (local.get $inputs) (i32.shl (local.get $i) (i32.const 2)))))
            (local.set $labelB (i32.add (i32.add (local.get $labels) (i32.shl (local.get $i) (i32.const 3))) (i32.const 8)))
            (local.set $outB (i32.add (i32.add (local.get $outputs) (i32.shl (local.get $i) (i32.const 3))) (i32.const 8)))
            (br $paired))
          (local.set $alone (i32.const 1))
          (local.set $xB (local.get $nobody))
          (local.set $modelB (i32.add (local.get $nobody) (i32.add (local.get $rounds) (local.get $left))))
          (local.set $countB
            (i32.add
              (i32.add (local.get $modelB) (local.get $weights))
              (i32.add (local.get $rounds) (local.get $left))))
          (local.set $labelB (local.get $countB))
          (local.set $outB (i32.add (local.get $countB) (i32.const 8))))
        (local.set $wB (i32.add (local.get $modelB) (local.get $weights)))

        (local.set $s01 (v128.const i64x2 0 0))
        (local.set $s23 (v128.const i64x2 0 0))
        (local.set $t01 (v128.const i64x2 0 0))
        (local.set $t23 (v128.const i64x2 0 0))
        (local.set $largestA (v128.const i64x2 0 0))
        (local.set $largestB (v128.const i64x2 0 0))
        (local.set $end (i32.add (local.get $xA) (local.get $rounds)))
        (block $summed
          (loop $sum
            (br_if $summed (i32.ge_u (local.get $xA) (local.get $end)))
            (local.set $x (v128.load (local.get $xA)))
            (local.set $largestA (f64x2.pmax (local.get $largestA) (f64x2.abs (local.get $x))))
            (local.set $s01 (f64x2.add (local.get $s01) (f64x2.mul (v128.load (local.get $wA)) (local.get $x))))
            (local.set $x (v128.load offset=16 (local.get $xA)))
            (local.set $largestA (f64x2.pmax (local.get $largestA) (f64x2.abs (local.get $x))))
            (local.set $s23
              (f64x2.add (local.get $s23) (f64x2.mul (v128.load offset=16 (local.get $wA)) (local.get $x))))
            (local.set $y (v128.load (local.get $xB)))
            (local.set $largestB (f64x2.pmax (local.get $largestB) (f64x2.abs (local.get $y))))
            (local.set $t01 (f64x2.add (local.get $t01) (f64x2.mul (v128.load (local.get $wB)) (local.get $y))))
            (local.set $y (v128.load offset=16 (local.get $xB)))
            (local.set $largestB (f64x2.pmax (local.get $largestB) (f64x2.abs (local.get $y))))
            (local.set $t23
              (f64x2.add (local.get $t23) (f64x2.mul (v128.load offset=16 (local.get $wB)) (local.get $y))))
            (local.set $xA (i32.add (local.get $xA) (i32.const 32)))
            (local.set $wA (i32.add (local.get $wA) (i32.const 32)))
            (local.set $xB (i32.add (local.get $xB) (i32.const 32)))
            (local.set $wB (i32.add (local.get $wB) (i32.const 32)))
            (br $sum)))

        ;; What is left of a round belongs to the first of the four sums.
        (local.set $scoreA (f64x2.extract_lane 0 (local.get $s01)))
        (local.set $scoreB (f64x2.extract_lane 0 (local.get $t01)))
        (local.set $end (i32.add (local.get $end) (local.get $left)))
        (block $summedAll
          (loop $sumLeft
            (br_if $summedAll (i32.ge_u (local.get $xA) (local.get $end)))
            (local.set $x (v128.load64_splat (local.get $xA)))
            (local.set $y (v128.load64_splat (local.get $xB)))
            (local.set $largestA (f64x2.pmax (local.get $largestA) (f64x2.abs (local.get $x))))
            (local.set $largestB (f64x2.pmax (local.get $largestB) (f64x2.abs (local.get $y))))
            (local.set $scoreA
              (f64.add
                (local.get $scoreA)
                (f64.mul (f64.load (local.get $wA)) (f64x2.extract_lane 0 (local.get $x)))))
            (local.set $scoreB
              (f64.add
                (local.get $scoreB)
                (f64.mul (f64.load (local.get $wB)) (f64x2.extract_lane 0 (local.get $y)))))
            (local.set $xA (i32.add (local.get $xA) (i32.const 8)))
            (local.set $wA (i32.add (local.get $wA) (i32.const 8)))
            (local.set $xB (i32.add (local.get $xB) (i32.const 8)))
            (local.set $wB (i32.add (local.get $wB) (i32.const 8)))
            (br $sumLeft)))
        (br_if $done (i32.eqz (i64x2.all_true (f64x2.le (local.get $largestA) (f64x2.splat (local.get $most))))))

        (local.set $scoreA
          (f64.add
            (f64.add
              (f64.add (local.get $scoreA) (f64x2.extract_lane 1 (local.get $s01)))
              (f64.add (f64x2.extract_lane 0 (local.get $s23)) (f64x2.extract_lane 1 (local.get $s23))))
            (f64.load offset=8 (local.get $modelA))))
        (local.set $scoreB
          (f64.add
            (f64.add
              (f64.add (local.get $scoreB) (f64x2.extract_lane 1 (local.get $t01)))
              (f64.add (f64x2.extract_lane 0 (local.get $t23)) (f64x2.extract_lane 1 (local.get $t23))))
            (f64.load offset=8 (local.get $modelB))))
        (br_if $done (f64.ne (f64.sub (local.get $scoreA) (local.get $scoreA)) (f64.const 0)))
        ;; The second row cannot learn: the first one does alone.
        (if
          (i32.or
            (i32.eqz (i64x2.all_true (f64x2.le (local.get $largestB) (f64x2.splat (local.get $most)))))
            (f64.ne (f64.sub (local.get $scoreB) (local.get $scoreB)) (f64.const 0)))
          (then
            (local.set $alone (i32.const 1))
            (br $rows)))

        ;; probabilityOf
        (local.set $score (f64x2.replace_lane 1 (f64x2.splat (local.get $scoreA)) (local.get $scoreB)))
        (local.set $whole
          (f64x2.sub
            (f64x2.add
              (f64x2.mul (local.get $score) (v128.const f64x2 -184.6649652337873 -184.6649652337873))
              (v128.const f64x2 6755399441055744 6755399441055744))
            (v128.const f64x2 6755399441055744 6755399441055744)))
        (local.set $r
          (f64x2.sub
            (f64x2.sub
              (f64x2.neg (local.get $score))
              (f64x2.mul (local.get $whole) (v128.const f64x2 0.0054152123475432745 0.0054152123475432745)))
            (f64x2.mul (local.get $whole) (v128.const f64x2 5.812982117197185e-13 5.812982117197185e-13))))
        (local.set $r2 (f64x2.mul (local.get $r) (local.get $r)))
        (local.set $k (i32x4.trunc_sat_f64x2_s_zero (local.get $whole)))
        (local.set $power
          (f64x2.mul
            (v128.load64_lane 1
              (i32.add
                (local.get $roots)
                (i32.shl (i32.and (i32x4.extract_lane 1 (local.get $k)) (i32.const 127)) (i32.const 3)))
              (v128.load64_splat
                (i32.add
                  (local.get $roots)
                  (i32.shl (i32.and (i32x4.extract_lane 0 (local.get $k)) (i32.const 127)) (i32.const 3)))))
            (i64x2.shl
              (i64x2.extend_low_i32x4_s
                (i32x4.add (i32x4.shr_s (local.get $k) (i32.const 7)) (v128.const i32x4 1023 1023 1023 1023)))
              (i32.const 52))))
        (local.set $p
          (f64x2.div
            (v128.const f64x2 1 1)
            (f64x2.add
              (v128.const f64x2 1 1)
              (f64x2.add
                (local.get $power)
                (f64x2.mul
                  (local.get $power)
                  (f64x2.add
                    (local.get $r)
                    (f64x2.mul
                      (local.get $r2)
                      (f64x2.add
                        (f64x2.add
                          (v128.const f64x2 0.5 0.5)
                          (f64x2.mul (local.get $r) (v128.const f64x2 0.16666666666666666 0.16666666666666666)))
                        (f64x2.mul
                          (local.get $r2)
                          (f64x2.add
                            (v128.const f64x2 0.041666666666666664 0.041666666666666664)
                            (f64x2.mul
                              (local.get $r)
                              (v128.const f64x2 0.008333333333333333 0.008333333333333333))))))))))))
        (local.set $p
          (v128.bitselect
            (local.get $p)
            (v128.and
              (f64x2.gt (local.get $score) (v128.const f64x2 0 0))
              (v128.const f64x2 1 1))
            (f64x2.lt (f64x2.abs (local.get $score)) (v128.const f64x2 700 700))))
        (f64.store
          (i32.add (local.get $outputs) (i32.shl (local.get $i) (i32.const 3)))
          (f64x2.extract_lane 0 (local.get $p)))
        (f64.store (local.get $outB) (f64x2.extract_lane 1 (local.get $p)))

        (local.set $p
          (f64x2.mul
            (f64x2.splat (local.get $rate))
            (f64x2.mul
              (v128.load64_lane 1
                (local.get $countB)
                (v128.load64_splat (i32.add (local.get $counts) (i32.shl (local.get $i) (i32.const 3)))))
              (f64x2.sub
                (local.get $p)
                (v128.load64_lane 1
                  (local.get $labelB)
                  (v128.load64_splat (i32.add (local.get $labels) (i32.shl (local.get $i) (i32.const 3)))))))))
        (local.set $amountA (f64x2.extract_lane 0 (local.get $p)))
        (local.set $amountB (f64x2.extract_lane 1 (local.get $p)))
        (f64.store (local.get $modelA) (f64.add (f64.load (local.get $modelA)) (f64.const 1)))
        (f64.store offset=8 (local.get $modelA) (f64.sub (f64.load offset=8 (local.get $modelA)) (local.get $amountA)))
        (f64.store (local.get $modelB) (f64.add (f64.load (local.get $modelB)) (f64.const 1)))
        (f64.store offset=8 (local.get $modelB) (f64.sub (f64.load offset=8 (local.get $modelB)) (local.get $amountB)))

        (local.set $s01 (f64x2.splat (local.get $amountA)))
        (local.set $t01 (f64x2.splat (local.get $amountB)))
        (local.set $end (i32.sub (local.get $xA) (local.get $left)))
        (local.set $xA (i32.sub (local.get $xA) (i32.add (local.get $rounds) (local.get $left))))
        (local.set $wA (i32.sub (local.get $wA) (i32.add (local.get $rounds) (local.get $left))))
        (local.set $xB (i32.sub (local.get $xB) (i32.add (local.get $rounds) (local.get $left))))
        (local.set $wB (i32.sub (local.get $wB) (i32.add (local.get $rounds) (local.get $left))))
        (block $moved
          (loop $move
            (br_if $moved (i32.ge_u (local.get $xA) (local.get $end)))
            (v128.store
              (local.get $wA)
              (f64x2.sub (v128.load (local.get $wA)) (f64x2.mul (local.get $s01) (v128.load (local.get $xA)))))
            (v128.store offset=16
              (local.get $wA)
              (f64x2.sub
                (v128.load offset=16 (local.get $wA))
                (f64x2.mul (local.get $s01) (v128.load offset=16 (local.get $xA)))))
            (v128.store
              (local.get $wB)
              (f64x2.sub (v128.load (local.get $wB)) (f64x2.mul (local.get $t01) (v128.load (local.get $xB)))))
            (v128.store offset=16
              (local.get $wB)
              (f64x2.sub
                (v128.load offset=16 (local.get $wB))
                (f64x2.mul (local.get $t01) (v128.load offset=16 (local.get $xB)))))
            (local.set $xA (i32.add (local.get $xA) (i32.const 32)))
            (local.set $wA (i32.add (local.get $wA) (i32.const 32)))
            (local.set $xB (i32.add (local.get $xB) (i32.const 32)))
            (local.set $wB (i32.add (local.get $wB) (i32.const 32)))
            (br $move)))
        (local.set $end (i32.add (local.get $end) (local.get $left)))
        (block $movedAll
          (loop $moveLeft
            (br_if $movedAll (i32.ge_u (local.get $xA) (local.get $end)))
            (f64.store
              (local.get $wA)
              (f64.sub (f64.load (local.get $wA)) (f64.mul (local.get $amountA) (f64.load (local.get $xA)))))
            (f64.store
              (local.get $wB)
              (f64.sub (f64.load (local.get $wB)) (f64.mul (local.get $amountB) (f64.load (local.get $xB)))))
            (local.set $xA (i32.add (local.get $xA) (i32.const 8)))
            (local.set $wA (i32.add (local.get $wA) (i32.const 8)))
            (local.set $xB (i32.add (local.get $xB) (i32.const 8)))
            (local.set $wB (i32.add (local.get $wB) (i32.const 8)))
            (br $moveLeft)))

        (local.set $i (i32.sub (i32.add (local.get $i) (i32.const 2)) (local.get $alone)))
        (local.set $alone (i32.const 0))
        (br $rows)))
    (local.get $i)))
