module coolant

go 1.26.0
