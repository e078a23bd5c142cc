;; rankOneUpdate of packed-cholesky.ts with two rows of a column at a time, bit for bit the same: SIMD of WebAssembly
;; rounds each lane as the scalar operation does, and no element depends on another of its column.
;;
;; Memory    byte 0: MEAN, VARIANCE, RESIDUAL; then wherever the caller says: $w, x of $n doubles; $m, the matrix
;; Order     two columns at a time, from last to first; their rows from the last up, so that what the next two columns
;;           begin with is known while the rows above are still under way
;; Offsets   of one column, $col + 8 $j is its 1/d, the next double its t; $next is the column before it
(module
  (memory (export "memory") 1)
  (func (export "update")
    (param $w i32) (param $m i32) (param $n i32) (param $tail i32)
    (param $q f64) (param $keep f64) (param $target f64)
    (local $j i32) (local $row i32) (local $col i32) (local $next i32) (local $at i32) (local $from i32) (local $x i32)
    (local $widen f64) (local $mean f64) (local $variance f64) (local $scale f64) (local $rest f64)
    (local $p f64) (local $d f64) (local $h f64) (local $s f64) (local $inv f64) (local $g f64) (local $t f64)
    (local $p1 f64) (local $d1 f64) (local $h1 f64) (local $s1 f64) (local $inv1 f64) (local $g1 f64)
    (local $v f64) (local $v1 f64) (local $above f64) (local $share f64) (local $u f64) (local $y f64)
    (local $pp v128) (local $gg v128) (local $pp1 v128) (local $gg1 v128)
    (local $uu v128) (local $uu1 v128) (local $xx v128) (local $xx1 v128)

    (local.set $widen (f64.div (f64.const 1) (local.get $keep)))
    (local.set $scale (f64.const 1))
    (local.set $rest (local.get $target))
    (local.set $j (i32.sub (local.get $n) (i32.const 1)))
    (local.set $tail (i32.shl (local.get $tail) (i32.const 3)))
    ;; $col = $m + tail j + 8 j (j + 1) / 2
    (local.set $col
      (i32.add
        (i32.add (local.get $m) (i32.mul (local.get $j) (local.get $tail)))
        (i32.shl (i32.mul (local.get $j) (i32.add (local.get $j) (i32.const 1))) (i32.const 2))))

    (block $done
      (loop $columns
        (br_if $done (i32.lt_s (local.get $j) (i32.const 0)))
        (local.set $row (i32.shl (local.get $j) (i32.const 3)))
        (local.set $next (i32.sub (i32.sub (local.get $col) (local.get $row)) (local.get $tail)))
        (local.set $at (i32.add (local.get $col) (local.get $row)))
        (local.set $x (i32.add (local.get $w) (local.get $row)))

        (local.set $p (f64.load (local.get $x)))
        (local.set $d (f64.load (local.get $at)))
        (local.set $h (f64.mul (local.get $p) (local.get $d)))
        (local.set $v (f64.add (local.get $variance) (f64.mul (local.get $p) (local.get $h))))
        (local.set $s (f64.add (f64.const 1) (f64.mul (local.get $q) (local.get $v))))
        (local.set $inv (f64.div (f64.const 1) (local.get $s)))
        (local.set $g (f64.mul (f64.mul (local.get $q) (local.get $h)) (local.get $inv)))
        (local.set $t (f64.load offset=8 (local.get $at)))

        (block $single
          (br_if $single (i32.lt_s (local.get $j) (i32.const 1)))
          ;; The head of the column before: $from is its 1/d, $above the element that both columns begin with.
          (local.set $from (i32.sub (i32.add (local.get $next) (local.get $row)) (i32.const 8)))
          (local.set $above (f64.load (i32.sub (local.get $at) (i32.const 8))))
          (local.set $p1
            (f64.sub (f64.load (i32.sub (local.get $x) (i32.const 8))) (f64.mul (local.get $p) (local.get $above))))
          (local.set $d1 (f64.load (local.get $from)))
          (local.set $h1 (f64.mul (local.get $p1) (local.get $d1)))
          (local.set $v1 (f64.add (local.get $v) (f64.mul (local.get $p1) (local.get $h1))))
          (local.set $s1 (f64.add (f64.const 1) (f64.mul (local.get $q) (local.get $v1))))
          ;; LARGE_GROWTH
          (br_if $single (i32.eqz (f64.le (local.get $s1) (f64.mul (f64.const 4) (local.get $scale)))))
          (local.set $inv1 (f64.div (f64.const 1) (local.get $s1)))
          (local.set $g1 (f64.mul (f64.mul (local.get $q) (local.get $h1)) (local.get $inv1)))

          (f64.store (local.get $at)
            (f64.mul
              (f64.mul (local.get $widen) (local.get $d))
              (f64.mul (local.get $scale) (local.get $inv))))
          (f64.store (local.get $from)
            (f64.mul
              (f64.mul (local.get $widen) (local.get $d1))
              (f64.mul (local.get $s) (local.get $inv1))))
          (local.set $mean (f64.add (local.get $mean) (f64.mul (local.get $p) (local.get $t))))
          (local.set $rest (f64.sub (local.get $rest) (f64.mul (local.get $p) (local.get $t))))
          (f64.store offset=8 (local.get $at) (f64.add (local.get $t) (f64.mul (local.get $g) (local.get $rest))))
          (local.set $t (f64.load offset=8 (local.get $from)))
          (local.set $mean (f64.add (local.get $mean) (f64.mul (local.get $p1) (local.get $t))))
          (local.set $rest (f64.sub (local.get $rest) (f64.mul (local.get $p1) (local.get $t))))
          (f64.store offset=8 (local.get $from) (f64.add (local.get $t) (f64.mul (local.get $g1) (local.get $rest))))
          (f64.store (i32.sub (local.get $at) (i32.const 8))
            (f64.add (local.get $above) (f64.mul (local.get $g) (local.get $p1))))

          (local.set $pp (f64x2.splat (local.get $p)))
          (local.set $gg (f64x2.splat (local.get $g)))
          (local.set $pp1 (f64x2.splat (local.get $p1)))
          (local.set $gg1 (f64x2.splat (local.get $g1)))
          (local.set $at (i32.sub (local.get $at) (i32.const 8)))
          (local.set $x (i32.sub (local.get $x) (i32.const 8)))
          (block $odd
            (loop $rows
              (br_if $odd (i32.lt_u (i32.sub (local.get $at) (local.get $col)) (i32.const 16)))
              (local.set $at (i32.sub (local.get $at) (i32.const 16)))
              (local.set $from (i32.sub (local.get $from) (i32.const 16)))
              (local.set $x (i32.sub (local.get $x) (i32.const 16)))
              (local.set $uu (v128.load (local.get $at)))
              (local.set $uu1 (v128.load (local.get $from)))
              (local.set $xx (f64x2.sub (v128.load (local.get $x)) (f64x2.mul (local.get $pp) (local.get $uu))))
              (local.set $xx1 (f64x2.sub (local.get $xx) (f64x2.mul (local.get $pp1) (local.get $uu1))))
              (v128.store (local.get $at) (f64x2.add (local.get $uu) (f64x2.mul (local.get $gg) (local.get $xx))))
              (v128.store (local.get $from) (f64x2.add (local.get $uu1) (f64x2.mul (local.get $gg1) (local.get $xx1))))
              (v128.store (local.get $x) (local.get $xx1))
              (br $rows)))
          (if (i32.gt_u (local.get $at) (local.get $col))
            (then
              (local.set $u (f64.load (local.get $col)))
              (local.set $y (f64.sub (f64.load (local.get $w)) (f64.mul (local.get $p) (local.get $u))))
              (f64.store (local.get $col) (f64.add (local.get $u) (f64.mul (local.get $g) (local.get $y))))
              (local.set $u (f64.load (local.get $next)))
              (local.set $y (f64.sub (local.get $y) (f64.mul (local.get $p1) (local.get $u))))
              (f64.store (local.get $next) (f64.add (local.get $u) (f64.mul (local.get $g1) (local.get $y))))
              (f64.store (local.get $w) (local.get $y))))

          (local.set $variance (local.get $v1))
          (local.set $scale (local.get $s1))
          (local.set $col
            (i32.sub (i32.sub (local.get $next) (i32.sub (local.get $row) (i32.const 8))) (local.get $tail)))
          (local.set $j (i32.sub (local.get $j) (i32.const 2)))
          (br $columns))

        ;; One column: the last, or one that grows much.
        (f64.store (local.get $at)
          (f64.mul
            (f64.mul (local.get $widen) (local.get $d))
            (f64.mul (local.get $scale) (local.get $inv))))
        (local.set $mean (f64.add (local.get $mean) (f64.mul (local.get $p) (local.get $t))))
        (if (f64.le (local.get $s) (f64.mul (f64.const 4) (local.get $scale)))
          (then
            (local.set $rest (f64.sub (local.get $rest) (f64.mul (local.get $p) (local.get $t))))
            (f64.store offset=8 (local.get $at) (f64.add (local.get $t) (f64.mul (local.get $g) (local.get $rest))))
            (block $top
              (loop $rows
                (br_if $top (i32.eq (local.get $at) (local.get $col)))
                (local.set $at (i32.sub (local.get $at) (i32.const 8)))
                (local.set $x (i32.sub (local.get $x) (i32.const 8)))
                (local.set $u (f64.load (local.get $at)))
                (local.set $y (f64.sub (f64.load (local.get $x)) (f64.mul (local.get $p) (local.get $u))))
                (f64.store (local.get $at) (f64.add (local.get $u) (f64.mul (local.get $g) (local.get $y))))
                (f64.store (local.get $x) (local.get $y))
                (br $rows))))
          (else
            (local.set $share (f64.mul (local.get $scale) (local.get $inv)))
            (f64.store offset=8 (local.get $at)
              (f64.add (f64.mul (local.get $share) (local.get $t)) (f64.mul (local.get $g) (local.get $rest))))
            (local.set $rest (f64.sub (local.get $rest) (f64.mul (local.get $p) (local.get $t))))
            (block $top
              (loop $rows
                (br_if $top (i32.eq (local.get $at) (local.get $col)))
                (local.set $at (i32.sub (local.get $at) (i32.const 8)))
                (local.set $x (i32.sub (local.get $x) (i32.const 8)))
                (local.set $u (f64.load (local.get $at)))
                (local.set $y (f64.load (local.get $x)))
                (f64.store (local.get $at)
                  (f64.add (f64.mul (local.get $share) (local.get $u)) (f64.mul (local.get $g) (local.get $y))))
                (f64.store (local.get $x) (f64.sub (local.get $y) (f64.mul (local.get $p) (local.get $u))))
                (br $rows))))
        )
        (local.set $variance (local.get $v))
        (local.set $scale (local.get $s))
        (local.set $col (local.get $next))
        (local.set $j (i32.sub (local.get $j) (i32.const 1)))
        (br $columns)))

    (f64.store (i32.const 0) (local.get $mean))
    (f64.store (i32.const 8) (local.get $variance))
    (local.set $y (f64.sub (local.get $target) (local.get $mean)))
    (f64.store (i32.const 16)
      (f64.div
        (f64.mul (f64.mul (local.get $q) (local.get $y)) (local.get $y))
        (f64.add (f64.const 1) (f64.mul (local.get $q) (local.get $variance)))))))
