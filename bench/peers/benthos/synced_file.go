package main

import (
	"context"
	"os"
	"syscall"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// syncedFile appends messages as lines and answers once they are synced; batches that wait together share one write and one sync.
// Benthos' own file output never syncs.
type syncedFile struct {
	path  string
	queue chan pending
	file  *os.File
}

type pending struct {
	lines []byte
	done  chan error
}

func init() {
	spec := service.NewConfigSpec().Field(service.NewStringField("path")).Field(service.NewOutputMaxInFlightField().Default(64))
	service.MustRegisterBatchOutput("synced_file", spec, newSyncedFile)
}

func newSyncedFile(conf *service.ParsedConfig, _ *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
	var policy service.BatchPolicy
	path, err := conf.FieldString("path")
	if err != nil {
		return nil, policy, 0, err
	}
	inFlight, err := conf.FieldMaxInFlight()
	return &syncedFile{path: path, queue: make(chan pending, inFlight)}, policy, inFlight, err
}

func (s *syncedFile) Connect(context.Context) (err error) {
	s.file, err = os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err == nil {
		go s.writeForever()
	}
	return err
}

func (s *syncedFile) WriteBatch(_ context.Context, batch service.MessageBatch) error {
	var lines []byte
	for _, message := range batch {
		body, err := message.AsBytes()
		if err != nil {
			return err
		}
		lines = append(append(lines, body...), '\n')
	}
	done := make(chan error, 1)
	s.queue <- pending{lines, done}
	return <-done
}

func (s *syncedFile) writeForever() {
	for first := range s.queue {
		group := append([]pending{first}, s.waiting()...)
		err := s.writeSynced(group)
		for _, one := range group {
			one.done <- err
		}
	}
}

func (s *syncedFile) waiting() (group []pending) {
	for {
		select {
		case one := <-s.queue:
			group = append(group, one)
		default:
			return group
		}
	}
}

func (s *syncedFile) writeSynced(group []pending) error {
	var lines []byte
	for _, one := range group {
		lines = append(lines, one.lines...)
	}
	if _, err := s.file.Write(lines); err != nil {
		return err
	}
	return syscall.Fdatasync(int(s.file.Fd()))
}

func (s *syncedFile) Close(context.Context) error {
	close(s.queue)
	return s.file.Close()
}
