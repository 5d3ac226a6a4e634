DROP TABLE sender_proofs;
