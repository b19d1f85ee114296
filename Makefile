# A thin layer over ./masthead, for those whose fingers say "make".

.PHONY: help demo test check fast serve bench faults lock

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo:  ## send the sample issue through a small world of mailboxes
	./masthead demo

test:  ## run the tests
	./masthead test

check:  ## run the whole gate
	./masthead check

fast:  ## run the gate without the tests
	./masthead check --fast

serve:  ## run everything on this machine
	./masthead serve

bench:  ## send 100,000 messages to a sink on this machine and print the figures
	./masthead bench send --recipients 100000 --servers

faults:  ## break things in mid-mailing and count what was lost
	./masthead faults --short

lock:  ## resolve the dependencies anew
	./masthead lock
