-- From here on an address has one spelling: NFC before the @, and the A-labels of the domain behind it. SQL cannot make
-- it, so the program respells what is here in the very transaction of this migration: src/store/respell.rs.
update account set email = email where false;
