DROP TABLE delivery_count;
DROP TABLE delivery_take;
DROP TABLE delivery_look;
