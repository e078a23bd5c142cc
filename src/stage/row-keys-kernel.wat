;; The loop of RowKeys.fill over keys that are known: what it does itself for rows that do not lie in this memory.
;;
;; Addresses are in bytes. $bytes, of the frame. Of row i, 4 bytes apart: $hashes, and what is found: $ats, $groups, $addresses.
;; $marks, $stride of them (counted in bytes) a row. $places, two to a set of $mask + 1; $words, with the entries; $sets, the
;; address and the end of the field ends of each set of fields; $age, that of the table, whose addresses are good.
;; Returns the first row whose key is not known, or $to.
(module
  (import "env" "memory" (memory 1 65536 shared))
  (func (export "find")
    (param $from i32) (param $to i32) (param $bytes i32) (param $age i32)
    (param $hashes i32) (param $ats i32) (param $groups i32) (param $addresses i32) (param $marks i32) (param $stride i32)
    (param $places i32) (param $mask i32) (param $words i32) (param $sets i32)
    (result i32)
    (local $i i32) (local $hash i32) (local $place i32) (local $at i32) (local $entry i32) (local $other i32)
    (local $row i32) (local $set i32) (local $ends i32) (local $k i32) (local $stop i32) (local $x i32) (local $rest i32)

    ;; Which of the two of a set has the hash, for all rows: looks at memory that do not wait for each other. The second, where
    ;; neither has.
    (local.set $i (local.get $from))
    (block $chosen
      (loop $choose
        (br_if $chosen (i32.ge_s (local.get $i) (local.get $to)))
        (local.set $row (i32.shl (local.get $i) (i32.const 2)))
        (local.set $hash (i32.load (i32.add (local.get $hashes) (local.get $row))))
        (local.set $place
          (i32.add (local.get $places) (i32.shl (i32.and (local.get $hash) (local.get $mask)) (i32.const 3))))
        (local.set $at (i32.load (local.get $place)))
        (local.set $other (i32.load offset=4 (local.get $place)))
        (i32.store
          (i32.add (local.get $ats) (local.get $row))
          (i32.xor
            (local.get $other)
            (i32.and
              (i32.xor (local.get $at) (local.get $other))
              (i32.sub
                (i32.const 0)
                (i32.eq
                  (i32.load (i32.add (local.get $words) (i32.shl (local.get $at) (i32.const 2))))
                  (local.get $hash))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $choose)))

    (local.set $i (local.get $from))
    (block $unknown
      (loop $rows
        (br_if $unknown (i32.ge_s (local.get $i) (local.get $to)))
        (local.set $row (i32.add (local.get $marks) (i32.mul (local.get $i) (local.get $stride))))
        (local.set $at (i32.load (i32.add (local.get $ats) (i32.shl (local.get $i) (i32.const 2)))))
        (br_if $unknown (i32.eqz (local.get $at)))
        (local.set $entry (i32.add (local.get $words) (i32.shl (local.get $at) (i32.const 2))))
        (br_if $unknown
          (i32.ne
            (i32.load (local.get $entry))
            (i32.load (i32.add (local.get $hashes) (i32.shl (local.get $i) (i32.const 2))))))
        ;; The bytes of the fields, as they stand in the entry.
        (local.set $set
          (i32.add
            (local.get $sets)
            (i32.shl (i32.shr_u (i32.load offset=12 (local.get $entry)) (i32.const 16)) (i32.const 3))))
        (local.set $ends (i32.load (local.get $set)))
        (local.set $set (i32.load offset=4 (local.get $set)))
        (local.set $k (i32.add (local.get $entry) (i32.const 24)))
        (block $read
          (loop $fields
            (br_if $read (i32.ge_u (local.get $ends) (local.get $set)))
            (local.set $x
              (i32.add
                (local.get $bytes)
                (i32.add
                  (i32.load (i32.add (local.get $row) (i32.shl (i32.load (local.get $ends)) (i32.const 2))))
                  (i32.load offset=4 (local.get $ends)))))
            (local.set $stop
              (i32.add
                (local.get $bytes)
                (i32.add
                  (i32.load
                    (i32.add (local.get $row) (i32.shl (i32.load offset=8 (local.get $ends)) (i32.const 2))))
                  (i32.load offset=12 (local.get $ends)))))
            (local.set $ends (i32.add (local.get $ends) (i32.const 16)))
            (block $compared
              (loop $compare
                (local.set $rest (i32.sub (local.get $stop) (local.get $x)))
                (br_if $compared (i32.lt_s (local.get $rest) (i32.const 4)))
                (br_if $unknown (i32.ne (i32.load (local.get $x)) (i32.load (local.get $k))))
                (local.set $x (i32.add (local.get $x) (i32.const 4)))
                (local.set $k (i32.add (local.get $k) (i32.const 4)))
                (br $compare)))
            (br_if $fields (i32.eqz (local.get $rest)))
            ;; One to three bytes; what follows them in the memory is not theirs.
            (br_if $unknown
              (i32.ne
                (i32.and
                  (i32.load (local.get $x))
                  (i32.sub (i32.shl (i32.const 1) (i32.shl (local.get $rest) (i32.const 3))) (i32.const 1)))
                (i32.load (local.get $k))))
            (local.set $k (i32.add (local.get $k) (i32.const 4)))
            (br $fields)))
        (br_if $unknown
          (i32.ne
            (i32.sub (local.get $k) (local.get $entry))
            (i32.add
              (i32.const 24)
              (i32.shl (i32.shr_u (i32.load offset=16 (local.get $entry)) (i32.const 8)) (i32.const 2)))))

        (i32.store
          (i32.add (local.get $groups) (i32.shl (local.get $i) (i32.const 2)))
          (i32.and (i32.load offset=12 (local.get $entry)) (i32.const 0xffff)))
        (i32.store
          (i32.add (local.get $addresses) (i32.shl (local.get $i) (i32.const 2)))
          (select
            (i32.load offset=20 (local.get $entry))
            (i32.const 0)
            (i32.eq (i32.load offset=8 (local.get $entry)) (local.get $age))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $rows)))
    (local.get $i)))
